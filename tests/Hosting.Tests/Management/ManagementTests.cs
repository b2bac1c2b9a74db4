using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit.Abstractions;

namespace Hosting.Tests.Management;

public sealed class ManagementTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Management_endpoints_are_served_on_the_management_port_only()
    {
        await using var specimen = await SpecimenProcess.StartAsync([]);

        Assert.Equal("ok\n", await specimen.Management.GetStringAsync("/healthz"));
        Assert.Equal("ready\n", await specimen.Management.GetStringAsync("/readyz"));
        Assert.Equal("running", (await specimen.ReadStatusAsync()).GetProperty("specimen").GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.NotFound, (await specimen.Web.GetAsync("/metrics")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await specimen.Management.GetAsync("/greeting")).StatusCode);

        // The management port's name in the Host header makes no difference.
        using var request = new HttpRequestMessage(HttpMethod.Get, "/statusz");
        request.Headers.Host = specimen.Management.BaseAddress!.Authority;
        Assert.Equal(HttpStatusCode.NotFound, (await specimen.Web.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Failing_endpoint_returns_500_and_the_others_still_work()
    {
        await using var specimen = await SpecimenProcess.StartAsync([]);

        using var response = await specimen.Management.GetAsync("/broken");
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.DoesNotContain("   at ", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("ok\n", await specimen.Management.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task Reload_applies_a_valid_configuration_and_rejects_an_invalid_one()
    {
        var file = _directory["config.json"];
        File.WriteAllText(file, """{"Greeting": "one"}""");
        await using var specimen = await SpecimenProcess.StartAsync(["--config", file]);
        Assert.Equal("one", await specimen.Web.GetStringAsync("/greeting"));

        File.WriteAllText(file, """{"Greeting": "two", "Http": {"SlowSeconds": 3}}""");
        var applied = await ReloadAsync(specimen, HttpStatusCode.OK);
        Assert.Equal("two", await specimen.Web.GetStringAsync("/greeting"));
        Assert.Equal(2, applied.GetProperty("generation").GetInt32());
        Assert.Equal(["Greeting", "Http:SlowSeconds"], applied.GetProperty("changed").EnumerateArray().Select(e => e.GetString()!));
        Assert.Equal(["Http:SlowSeconds"], applied.GetProperty("restart_required").EnumerateArray().Select(e => e.GetString()!));

        File.WriteAllText(file, """{"Greeting": "three", "Grating": 1, "Sink": {"MaxBytes": 0}}""");
        var rejected = await ReloadAsync(specimen, HttpStatusCode.UnprocessableEntity);
        Assert.Equal(2, rejected.GetProperty("errors").GetArrayLength());
        Assert.Equal("two", await specimen.Web.GetStringAsync("/greeting"));

        File.WriteAllText(file, """{"Greeting": "reject me"}""");
        await ReloadAsync(specimen, HttpStatusCode.UnprocessableEntity);
        Assert.Equal("two", await specimen.Web.GetStringAsync("/greeting"));
        Assert.Equal("rejected", (await specimen.ReadStatusAsync()).GetProperty("last_reload").GetProperty("outcome").GetString());
        Assert.Equal(2, (await specimen.ReadStatusAsync()).GetProperty("configuration_generation").GetInt32());

        var metrics = await specimen.Management.GetStringAsync("/metrics");
        Assert.Contains("specimen_config_reloads_total{outcome=\"applied\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("specimen_config_reloads_total{outcome=\"refused\"} 2\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SIGHUP_reloads_the_configuration()
    {
        var file = _directory["config.json"];
        File.WriteAllText(file, """{"Greeting": "one"}""");
        await using var specimen = await SpecimenProcess.StartAsync(["--config", file]);

        File.WriteAllText(file, """{"Greeting": "two"}""");
        specimen.Process.SendSignal(UnixSignal.Hangup);

        await Eventually.AssertAsync(async () => await specimen.Web.GetStringAsync("/greeting") == "two", () => "the new greeting");
    }

    [Fact]
    public async Task Reload_changes_the_log_level()
    {
        var file = _directory["config.json"];
        File.WriteAllText(file, "{}");
        await using var specimen = await SpecimenProcess.StartAsync(["--config", file]);
        File.WriteAllText(file, """{"Logging": {"LogLevel": {"Default": "Error"}}}""");
        await ReloadAsync(specimen, HttpStatusCode.OK);

        var before = specimen.Process.Output.Count;
        await ReloadAsync(specimen, HttpStatusCode.OK);
        specimen.Process.Terminate();
        Assert.Equal(0, await specimen.Process.WaitForExitAsync());
        // Neither the reload nor the exit is logged, because both have the level information.
        Assert.DoesNotContain(specimen.Process.Output.Skip(before), l => l.Contains("\"info\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Garbage_is_rejected_and_the_port_stays_available()
    {
        await using var specimen = await SpecimenProcess.StartAsync([]);
        var port = specimen.Management.BaseAddress!.Port;
        var random = RandomSource.Create(output);
        var noise = new byte[4096];
        random.NextBytes(noise);
        var manyHeaders = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"h{i}: v\r\n"));
        byte[][] garbage =
        [
            noise,
            Encoding.ASCII.GetBytes("GET / HTTP/9.9\r\n\r\n"),
            Encoding.ASCII.GetBytes($"GET /metrics HTTP/1.1\r\nHost: x\r\n{manyHeaders}\r\n"),
            [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03],
        ];
        foreach (var bytes in garbage)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            var stream = client.GetStream();
            try
            {
                await stream.WriteAsync(bytes);
                client.Client.Shutdown(SocketShutdown.Send);
                var response = new byte[64];
                var read = await stream.ReadAsync(response).AsTask().WaitAsync(Eventually.Deadline);
                AssertRejected(Encoding.ASCII.GetString(response, 0, read), random.Seed);
            }
            catch (IOException)
            {
                // A connection reset during the write is a rejection too.
            }
        }

        Assert.Equal("ok\n", await specimen.Management.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task Port_in_use_fails_the_start_with_one_clear_line()
    {
        await using var first = await SpecimenProcess.StartAsync([]);
        await using var second = SpecimenProcess.RunToExit([$"--Management:Port={first.Management.BaseAddress!.Port}"]);

        Assert.Equal(2, await second.WaitForExitAsync());
        var line = Assert.Single(second.Errors);
        Assert.Contains("Management:Port", line, StringComparison.Ordinal);
        Assert.Contains("address already in use", line, StringComparison.Ordinal);
        Assert.DoesNotContain(second.Output.Concat(second.Errors), l => l.Contains("   at ", StringComparison.Ordinal));

        await using var third = SpecimenProcess.RunToExit(["--Management:Port=0", $"--Http:Port={first.Web.BaseAddress!.Port}"]);
        Assert.Equal(1, await third.WaitForExitAsync());
        var failure = Assert.Single(third.Output, output => output.Contains("\"event\":\"PortInUse\"", StringComparison.Ordinal));
        Assert.Contains("address already in use", failure, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", failure, StringComparison.Ordinal);
    }

    // Random bytes may happen to be a request of an unknown HTTP version, which is rejected with 505.
    private static void AssertRejected(string response, int seed) => Assert.True(
        response.Length == 0
            || response.StartsWith("HTTP/1.1 4", StringComparison.Ordinal)
            || response.StartsWith("HTTP/1.1 505", StringComparison.Ordinal),
        $"{response} (seed {seed})");

    private static async Task<JsonElement> ReloadAsync(SpecimenProcess specimen, HttpStatusCode expected)
    {
        using var response = await specimen.Management.PostAsync("/-/reload", null);
        Assert.Equal(expected, response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }
}
