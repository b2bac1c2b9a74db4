using System.Text.Json;

namespace Hosting.Tests.Configuration;

public sealed class ConfigurationLoadingTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_error_is_reported_and_the_exit_code_is_2()
    {
        await using var process = SpecimenProcess.RunToExit(
            ["--Http:Port=eighty", "--Sink:Type=http", "--Sink:Wait=5", "--Sink:MaxBytes=0", "--Sink:Typ=x"]);

        Assert.Equal(2, await process.WaitForExitAsync());

        var messages = ReadMessages(process);
        Assert.Contains(messages, m => m.Contains("Http:Port = 'eighty'", StringComparison.Ordinal));
        Assert.Contains(messages, m => m.Contains("Sink:Wait = '5': not a duration", StringComparison.Ordinal));
        Assert.Contains(messages, m => m.Contains("Sink:MaxBytes = '0': must be from 1", StringComparison.Ordinal));
        Assert.Contains(messages, m => m.Contains("Sink:Url: is required", StringComparison.Ordinal));
        Assert.Contains(messages, m => m.Contains("--Sink:Typ: unknown flag. Did you mean Sink:Type?", StringComparison.Ordinal));
        Assert.Equal(5, messages.Count);
        Assert.Empty(process.Output);
    }

    [Fact]
    public async Task Flags_override_the_environment_which_overrides_the_file()
    {
        var file = WriteFile("""{"Greeting": "file", "LOG_FILE": "/file", "Sink": {"Wait": "7s", "Labels": ["a", "b"]}}""");
        await using var specimen = await SpecimenProcess.StartAsync(["--Greeting=flag"], new()
        {
            ["CONFIG_FILE"] = file,
            ["GREETING"] = "environment",
            ["LOG_FILE"] = "/environment",
            // An optional value of a template that was left empty counts as not set.
            ["SINK__WAIT"] = "",
        });

        var configuration = (await specimen.ReadStatusAsync()).GetProperty("configuration");
        Assert.Equal("flag", configuration.GetProperty("Greeting").GetString());
        Assert.Equal("/environment", configuration.GetProperty("LOG_FILE").GetString());
        Assert.Equal("00:00:07", configuration.GetProperty("Sink:Wait").GetString());
        Assert.Equal("b", configuration.GetProperty("Sink:Labels:1").GetString());
        Assert.Equal("1048576", configuration.GetProperty("Sink:MaxBytes").GetString());
    }

    [Theory]
    [InlineData("""{"Sink": {"Ulr": "http://x"}}""", "Sink:Ulr: unknown key. Did you mean Sink:Url?")]
    [InlineData("""{"Sink": {"Url": "not an address"}}""", "Sink:Url = 'not an address': not an address.")]
    [InlineData("""{"Sink": {"Type": "1"}}""", "not one of stdout, http.")]
    [InlineData("{\n  \"Greeting\": oops }", "is not a valid JSON configuration")]
    public async Task Invalid_file_is_rejected_with_the_key(string json, string expected)
    {
        await using var process = SpecimenProcess.RunToExit(["--config", WriteFile(json)]);

        Assert.Equal(2, await process.WaitForExitAsync());
        Assert.Contains(ReadMessages(process), message => message.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Missing_file_is_rejected()
    {
        await using var process = SpecimenProcess.RunToExit([$"--config={_directory["nowhere.json"]}"]);

        Assert.Equal(2, await process.WaitForExitAsync());
        Assert.Contains(process.Errors, l => l.Contains("cannot be read", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Secret_is_rejected_as_a_flag_and_masked_in_the_status()
    {
        await using var rejected = SpecimenProcess.RunToExit(["--Sink:Pin=12345"]);
        Assert.Equal(2, await rejected.WaitForExitAsync());
        Assert.DoesNotContain(rejected.Errors, l => l.Contains("12345", StringComparison.Ordinal));

        await using var specimen = await SpecimenProcess.StartAsync(
            [], new() { ["SINK__PIN"] = "12345", ["SINK__HEADERS__Authorization"] = "Bearer 12345" });
        var status = await specimen.Management.GetStringAsync("/statusz");
        Assert.DoesNotContain("12345", status, StringComparison.Ordinal);
        Assert.Contains("\"Sink:Pin\": \"***\"", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Misspelled_variable_of_a_known_section_causes_a_warning()
    {
        await using var specimen = await SpecimenProcess.StartAsync(
            [], new() { ["SINK__ULR"] = "http://x", ["AGENT_PORT_8000_TCP"] = "tcp://1.2.3.4" });

        await specimen.Process.WaitForLineAsync("SINK__ULR: unknown environment variable. Did you mean Sink:Url?");
        Assert.DoesNotContain(specimen.Process.Output, l => l.Contains("AGENT_PORT", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Subtree_keeps_all_its_keys()
    {
        var file = WriteFile("""{"ReverseProxy": {"Clusters": {"c": {"Destinations": {"d": {"Address": "http://x"}}}}}}""");
        await using var specimen = await SpecimenProcess.StartAsync(["--config", file]);

        var configuration = (await specimen.ReadStatusAsync()).GetProperty("configuration");
        Assert.Equal("http://x", configuration.GetProperty("ReverseProxy:Clusters:c:Destinations:d:Address").GetString());
    }

    private static List<string> ReadMessages(ChildProcess process) =>
        [.. process.Errors.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("message").GetString()!)];

    private string WriteFile(string json)
    {
        var file = _directory[$"{Guid.NewGuid()}.json"];
        File.WriteAllText(file, json);
        return file;
    }
}
