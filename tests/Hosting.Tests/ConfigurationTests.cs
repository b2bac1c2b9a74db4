using System.Text.Json;
using TestKit;

namespace Hosting.Tests;

public sealed class ConfigurationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_error_is_reported_at_once_and_the_exit_code_is_2()
    {
        await using var process = Specimen.Run(["--Http:Port=eighty", "--Sink:Type=http", "--Sink:Wait=5", "--Sink:MaxBytes=0", "--Sink:Typ=x"]);

        Assert.Equal(2, await process.ExitAsync());

        var messages = process.Errors.Select(l => JsonDocument.Parse(l).RootElement.GetProperty("message").GetString()!).ToList();
        Assert.Contains(messages, m => m.Contains("Http:Port = 'eighty'", StringComparison.Ordinal));
        Assert.Contains(messages, m => m.Contains("Sink:Wait = '5': not a duration", StringComparison.Ordinal));
        Assert.Contains(messages, m => m.Contains("Sink:MaxBytes = '0': must be from 1", StringComparison.Ordinal));
        Assert.Contains(messages, m => m.Contains("Sink:Url: is required", StringComparison.Ordinal));
        Assert.Contains(messages, m => m.Contains("--Sink:Typ: unknown flag. Did you mean Sink:Type?", StringComparison.Ordinal));
        Assert.Equal(5, messages.Count);
        Assert.Empty(process.Output);
    }

    [Fact]
    public async Task A_flag_beats_the_environment_beats_the_file_beats_the_default()
    {
        var file = Write("""{"Greeting": "file", "LOG_FILE": "/file", "Sink": {"Wait": "7s", "Labels": ["a", "b"]}}""");
        // The last two are what WebApplicationFactory adds.
        await using var specimen = await Specimen.StartAsync(["--Greeting=flag", "--Sink=", "--environment=Test"], new()
        {
            ["CONFIG_FILE"] = file,
            ["GREETING"] = "environment",
            ["LOG_FILE"] = "/environment",
            // As an optional value of a template is left: not set here.
            ["SINK__WAIT"] = "",
        });

        var configuration = (await specimen.StatusAsync()).GetProperty("configuration");
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
    public async Task A_file_that_is_wrong_is_refused_with_the_place(string json, string expected)
    {
        await using var process = Specimen.Run(["--config", Write(json)]);

        Assert.Equal(2, await process.ExitAsync());
        Assert.Contains(process.Errors, l => JsonDocument.Parse(l).RootElement.GetProperty("message").GetString()!.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_is_missing_is_refused()
    {
        await using var process = Specimen.Run([$"--config={_directory["nowhere.json"]}"]);

        Assert.Equal(2, await process.ExitAsync());
        Assert.Contains(process.Errors, l => l.Contains("cannot be read", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_secret_is_refused_as_a_flag_and_masked_where_it_is_shown()
    {
        await using var refused = Specimen.Run(["--Sink:Pin=12345"]);
        Assert.Equal(2, await refused.ExitAsync());
        Assert.DoesNotContain(refused.Errors, l => l.Contains("12345", StringComparison.Ordinal));

        await using var specimen = await Specimen.StartAsync([], new() { ["SINK__PIN"] = "12345", ["SINK__HEADERS__Authorization"] = "Bearer 12345" });
        var status = await specimen.Management.GetStringAsync("/statusz");
        Assert.DoesNotContain("12345", status, StringComparison.Ordinal);
        Assert.Contains("\"Sink:Pin\": \"***\"", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_variable_that_looks_like_a_typo_of_ours_is_warned_of_and_others_are_not()
    {
        await using var specimen = await Specimen.StartAsync([], new() { ["SINK__ULR"] = "http://x", ["AGENT_PORT_8000_TCP"] = "tcp://1.2.3.4" });

        await specimen.Process.SaysAsync("SINK__ULR: unknown environment variable. Did you mean Sink:Url?");
        Assert.DoesNotContain(specimen.Process.Output, l => l.Contains("AGENT_PORT", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_opaque_subtree_is_taken_as_it_is()
    {
        var file = Write("""{"ReverseProxy": {"Clusters": {"c": {"Destinations": {"d": {"Address": "http://x"}}}}}}""");
        await using var specimen = await Specimen.StartAsync(["--config", file]);

        Assert.Equal("http://x", (await specimen.StatusAsync()).GetProperty("configuration").GetProperty("ReverseProxy:Clusters:c:Destinations:d:Address").GetString());
    }

    [Theory]
    [InlineData("500ms", "00:00:00.5000000")]
    [InlineData("2m", "00:02:00")]
    [InlineData("1h", "01:00:00")]
    [InlineData("00:00:05", "00:00:05")]
    [InlineData("0", "00:00:00")]
    [InlineData("5", null)]
    [InlineData("soon", null)]
    public void A_duration_has_a_unit(string written, string? normal) =>
        Assert.Equal(normal, Configuration.ConfigurationValue.NormalizeText("Wait", written, typeof(TimeSpan)).Value);

    [Theory]
    [InlineData("16Mi", "16777216")]
    [InlineData("1MiB", "1048576")]
    [InlineData("1MB", "1000000")]
    [InlineData("4096", "4096")]
    [InlineData("9999999999999999999", null)]
    [InlineData("1 apple", null)]
    public void A_size_may_have_a_unit(string written, string? normal) =>
        Assert.Equal(normal, Configuration.ConfigurationValue.NormalizeText("MaxBytes", written, typeof(long)).Value);

    private string Write(string json)
    {
        var file = _directory[$"{Guid.NewGuid()}.json"];
        File.WriteAllText(file, json);
        return file;
    }
}
