using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using TestKit;

namespace Hosting.Tests;

public sealed class ManagementTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_answers_on_a_port_of_its_own_and_only_there()
    {
        await using var specimen = await Specimen.StartAsync([]);

        Assert.Equal("ok\n", await specimen.Management.GetStringAsync("/healthz"));
        Assert.Equal("ready\n", await specimen.Management.GetStringAsync("/readyz"));
        Assert.Equal("well", (await specimen.StatusAsync()).GetProperty("specimen").GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.NotFound, (await specimen.Web.GetAsync("/metrics")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await specimen.Management.GetAsync("/greeting")).StatusCode);

        // Not even with the management port's own name in the Host header.
        using var disguised = new HttpRequestMessage(HttpMethod.Get, "/statusz") { Headers = { Host = specimen.Management.BaseAddress!.Authority } };
        Assert.Equal(HttpStatusCode.NotFound, (await specimen.Web.SendAsync(disguised)).StatusCode);
    }

    [Fact]
    public async Task A_path_that_fails_is_a_500_and_nothing_else_suffers()
    {
        await using var specimen = await Specimen.StartAsync([]);

        using var answer = await specimen.Management.GetAsync("/broken");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.DoesNotContain("   at ", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("ok\n", await specimen.Management.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task A_reload_takes_a_good_configuration_and_keeps_the_old_one_for_a_bad_one()
    {
        var file = _directory["config.json"];
        File.WriteAllText(file, """{"Greeting": "one"}""");
        await using var specimen = await Specimen.StartAsync(["--config", file]);
        Assert.Equal("one", await specimen.Web.GetStringAsync("/greeting"));

        File.WriteAllText(file, """{"Greeting": "two", "Http": {"SlowSeconds": 3}}""");
        var applied = await ReloadAsync(specimen, HttpStatusCode.OK);
        Assert.Equal("two", await specimen.Web.GetStringAsync("/greeting"));
        Assert.Equal(2, applied.GetProperty("generation").GetInt32());
        Assert.Equal(["Greeting", "Http:SlowSeconds"], applied.GetProperty("changed").EnumerateArray().Select(e => e.GetString()!));
        Assert.Equal(["Http:SlowSeconds"], applied.GetProperty("restart_required").EnumerateArray().Select(e => e.GetString()!));

        File.WriteAllText(file, """{"Greeting": "three", "Grating": 1, "Sink": {"MaxBytes": 0}}""");
        var refused = await ReloadAsync(specimen, HttpStatusCode.UnprocessableEntity);
        Assert.Equal(2, refused.GetProperty("errors").GetArrayLength());
        Assert.Equal("two", await specimen.Web.GetStringAsync("/greeting"));

        File.WriteAllText(file, """{"Greeting": "refuse me"}""");
        await ReloadAsync(specimen, HttpStatusCode.UnprocessableEntity);
        Assert.Equal("two", await specimen.Web.GetStringAsync("/greeting"));
        Assert.Equal("rejected", (await specimen.StatusAsync()).GetProperty("last_reload").GetProperty("outcome").GetString());
        Assert.Equal(2, (await specimen.StatusAsync()).GetProperty("configuration_generation").GetInt32());

        var metrics = await specimen.Management.GetStringAsync("/metrics");
        Assert.Contains("specimen_config_reloads_total{outcome=\"applied\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("specimen_config_reloads_total{outcome=\"refused\"} 2\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SIGHUP_is_a_reload()
    {
        var file = _directory["config.json"];
        File.WriteAllText(file, """{"Greeting": "one"}""");
        await using var specimen = await Specimen.StartAsync(["--config", file]);

        File.WriteAllText(file, """{"Greeting": "two"}""");
        specimen.Process.Signal(1);

        await Eventually.HoldsAsync(async () => await specimen.Web.GetStringAsync("/greeting") == "two", () => "the new greeting");
    }

    [Fact]
    public async Task A_reload_changes_the_log_level()
    {
        var file = _directory["config.json"];
        File.WriteAllText(file, "{}");
        await using var specimen = await Specimen.StartAsync(["--config", file]);
        File.WriteAllText(file, """{"Logging": {"LogLevel": {"Default": "Error"}}}""");
        await ReloadAsync(specimen, HttpStatusCode.OK);

        var before = specimen.Process.Output.Count;
        await ReloadAsync(specimen, HttpStatusCode.OK);
        specimen.Process.Terminate();
        Assert.Equal(0, await specimen.Process.ExitAsync());
        // Neither the reload nor the end is told of any more: both are information.
        Assert.DoesNotContain(specimen.Process.Output.Skip(before), l => l.Contains("\"info\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Garbage_is_refused_and_the_port_goes_on()
    {
        await using var specimen = await Specimen.StartAsync([]);
        var port = specimen.Management.BaseAddress!.Port;
        var random = new Random(7);
        var noise = new byte[4096];
        random.NextBytes(noise);
        byte[][] garbage =
        [
            noise,
            Encoding.ASCII.GetBytes("GET / HTTP/9.9\r\n\r\n"),
            Encoding.ASCII.GetBytes("GET /metrics HTTP/1.1\r\nHost: x\r\n" + string.Concat(Enumerable.Range(0, 10_000).Select(i => $"h{i}: v\r\n")) + "\r\n"),
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
                var answer = new byte[64];
                var read = await stream.ReadAsync(answer).AsTask().WaitAsync(Eventually.Deadline);
                Assert.True(read == 0 || Encoding.ASCII.GetString(answer, 0, read).StartsWith("HTTP/1.1 4", StringComparison.Ordinal), Encoding.ASCII.GetString(answer, 0, read));
            }
            catch (IOException)
            {
                // Cut off in mid-write is a refusal too.
            }
        }

        Assert.Equal("ok\n", await specimen.Management.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task A_port_in_use_ends_the_start_with_one_clear_line()
    {
        await using var first = await Specimen.StartAsync([]);
        await using var second = Specimen.Run([$"--Management:Port={first.Management.BaseAddress!.Port}"]);

        Assert.Equal(2, await second.ExitAsync());
        Assert.Contains(second.Errors, l => l.Contains("Management:Port", StringComparison.Ordinal) && l.Contains("address already in use", StringComparison.Ordinal));
        Assert.DoesNotContain(second.Output.Concat(second.Errors), l => l.Contains("   at ", StringComparison.Ordinal));

        await using var third = Specimen.Run(["--Management:Port=0", $"--Http:Port={first.Web.BaseAddress!.Port}"]);
        Assert.Equal(1, await third.ExitAsync());
        Assert.Contains(third.Output, l => l.Contains("address already in use", StringComparison.Ordinal) && !l.Contains("   at ", StringComparison.Ordinal));
    }

    private static async Task<JsonElement> ReloadAsync(Specimen specimen, HttpStatusCode expected)
    {
        using var answer = await specimen.Management.PostAsync("/-/reload", null);
        Assert.Equal(expected, answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }
}
