namespace Hosting.Tests.Configuration;

public sealed class SourceReaderTests : IDisposable
{
    private static readonly OptionsSchema Schema = new(TestOptions.TestShape);

    private readonly SettingsBuilder _settings = new(Schema, new Dictionary<string, string?>());
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void File_is_flattened_to_keys_with_colons()
    {
        ReadFile(
            """
            {
              "Name": "one",
              "Sink": {"MaxBytes": 7, "Labels": ["a", "b"], "Enabled": true},
              "Routes": [{"Host": "h"}],
              "LOG_FILE": null
            }
            """);

        Assert.Empty(_settings.Errors);
        Assert.Equal(
            ["LOG_FILE=", "Name=one", "Routes:0:Host=h", "Sink:Enabled=True", "Sink:Labels:0=a", "Sink:Labels:1=b", "Sink:MaxBytes=7"],
            _settings.Values.Select(entry => $"{entry.Key}={entry.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("{\n  \"Name\": oops }", "is not a valid JSON configuration: ")]
    [InlineData("[]", "is not a valid JSON configuration: ")]
    [InlineData("", "is not a valid JSON configuration: ")]
    [InlineData("""{"Name": "one", "name": "two"}""", "is not a valid JSON configuration: ")]
    public void Malformed_file_is_one_error_of_the_config_flag(string json, string expected)
    {
        ReadFile(json);

        var error = Assert.Single(_settings.Errors);
        Assert.Equal("--config", error.Key);
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_file_is_an_error_that_names_the_path()
    {
        JsonFileReader.ReadFile(_directory["missing.json"], _settings);

        var error = Assert.Single(_settings.Errors);
        Assert.Equal(_directory["missing.json"], error.Value);
        Assert.StartsWith("cannot be read: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_misspelled_variable_of_a_known_section_is_a_warning()
    {
        var prefix = "HOSTING_TESTS_" + Guid.NewGuid().ToString("N");
        string[] variables = ["SINK__ULR", prefix, $"{prefix}__X"];
        try
        {
            foreach (var variable in variables)
            {
                Environment.SetEnvironmentVariable(variable, "x");
            }

            EnvironmentReader.ReadVariables(Schema, _settings);
        }
        finally
        {
            foreach (var variable in variables)
            {
                Environment.SetEnvironmentVariable(variable, null);
            }
        }

        Assert.Empty(_settings.Errors);
        Assert.Equal("SINK__ULR: unknown environment variable. Did you mean Sink:Url?", Assert.Single(_settings.Warnings).ToString());
    }

    private void ReadFile(string json)
    {
        File.WriteAllText(_directory["test.json"], json);
        JsonFileReader.ReadFile(_directory["test.json"], _settings);
    }
}
