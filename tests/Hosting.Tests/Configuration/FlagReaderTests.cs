namespace Hosting.Tests.Configuration;

public sealed class FlagReaderTests
{
    private readonly List<ConfigurationError> _errors = [];

    [Fact]
    public void Value_follows_an_equals_sign_or_is_the_next_argument()
    {
        var flags = ReadFlags("--Name=one", "--Sink:Url", "http://x", "--Sink__MaxBytes=5", "--Letter=a=b", "--LOG_FILE=");

        Assert.Empty(_errors);
        Assert.Equal(
            [new("Name", "one"), new("Sink:Url", "http://x"), new("Sink:MaxBytes", "5"), new("Letter", "a=b"), new("LOG_FILE", "")],
            flags.Settings);
        Assert.Null(flags.ConfigurationFile);
    }

    [Theory]
    [InlineData("--config=file.json")]
    [InlineData("--config", "file.json")]
    [InlineData("--CONFIG=first.json", "--config=file.json")]
    public void Last_config_flag_names_the_configuration_file(params string[] args)
    {
        Assert.Equal("file.json", ReadFlags(args).ConfigurationFile);
        Assert.Empty(_errors);
    }

    [Fact]
    public void Boolean_flag_without_a_value_is_true()
    {
        var flags = ReadFlags("--Sink:Enabled", "--Name=x");

        Assert.Empty(_errors);
        Assert.Equal([new("Sink:Enabled", "true"), new("Name", "x")], flags.Settings);
    }

    [Theory]
    [InlineData("--Name", "--Name: has no value. Write it as --Key=value.")]
    [InlineData("--environment=x", "--environment: unknown flag. --help lists all keys.")]
    [InlineData("--contentRoot=/", "--contentRoot: unknown flag. --help lists all keys.")]
    [InlineData("--applicationName=x", "--applicationName: unknown flag. --help lists all keys.")]
    [InlineData("--Sink=", "--Sink: unknown flag. --help lists all keys.")]
    [InlineData("--config", "--config: has no value. Write it as --Key=value.")]
    [InlineData("--Sink:Typ=x", "--Sink:Typ: unknown flag. --help lists all keys.")]
    [InlineData("--Sink:Ulr=x", "--Sink:Ulr: unknown flag. Did you mean Sink:Url?")]
    [InlineData("check", "check: is not a flag. Write flags as --Key=value, and a verb as the first argument; --help lists both.")]
    [InlineData("-v", "-v: is not a flag. Write flags as --Key=value, and a verb as the first argument; --help lists both.")]
    public void Invalid_flag_is_rejected_with_its_remedy(string flag, string expected)
    {
        Assert.Empty(ReadFlags(flag).Settings);
        Assert.Equal(expected, Assert.Single(_errors).ToString());
    }

    [Theory]
    [InlineData("Sink:Pin", "SINK__PIN")]
    [InlineData("Sink:Headers:Authorization", "SINK__HEADERS__AUTHORIZATION")]
    public void Secret_is_rejected_and_its_value_is_masked(string key, string variable)
    {
        Assert.Empty(ReadFlags($"--{key}=12345").Settings);
        Assert.Equal(
            $"{key} = '***': must not be a flag, because every user of the machine can read it. "
                + $"Set {variable} in the environment, or use a file.",
            Assert.Single(_errors).ToString());
    }

    [Fact]
    public void File_of_a_secret_may_be_a_flag()
    {
        Assert.Single(ReadFlags("--Sink:PasswordFile=/run/secrets/password").Settings);
        Assert.Empty(_errors);
    }

    private FlagSettings ReadFlags(params string[] args) =>
        new FlagReader(new OptionsSchema(TestOptions.TestShape)).ReadFlags(args, _errors);
}
