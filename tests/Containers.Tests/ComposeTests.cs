using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using TestKit;

namespace Containers.Tests;

/// <summary>What Docker has to do with it: limits, restarts, the order of stopping.</summary>
[Collection(OnePodAtATime.Name)]
public sealed class ComposeTests(PodFixture fixture) : IClassFixture<PodFixture>
{
    private const long SidecarLimit = 96L << 20;

    private static readonly string[] Sidecars = ["logging-sidecar", "metrics-sidecar", "tls-proxy"];

    private readonly ComposePod _pod = fixture.Compose;

    [PodFact]
    public void Every_container_is_restricted_and_bounded()
    {
        foreach (var container in PodExtensions.Containers)
        {
            var host = JsonDocument.Parse(ComposePod.Inspect(container, "{{json .HostConfig}}")).RootElement;
            Assert.True(host.GetProperty("ReadonlyRootfs").GetBoolean(), container);
            Assert.Equal("ALL", Assert.Single(host.GetProperty("CapDrop").EnumerateArray()).GetString());
            Assert.Contains(host.GetProperty("SecurityOpt").EnumerateArray(), o => o.GetString()!.StartsWith("no-new-privileges", StringComparison.Ordinal));
            Assert.Equal("1654:1654", ComposePod.Inspect(container, "{{.Config.User}}"));
            Assert.Equal(container == "agent" ? 256L << 20 : SidecarLimit, host.GetProperty("Memory").GetInt64());
        }
    }

    [PodFact]
    public async Task Under_load_no_sidecar_needs_more_than_its_limit()
    {
        var restarts = Sidecars.ToDictionary(s => s, Restarts);
        using var client = PodClient.Create(connections: 32);
        await Parallel.ForAsync(0, 5_000, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (_, aborted) =>
        {
            using var answer = await client.PostAsJsonAsync("/inference", new { text = new string('x', 2_000) }, aborted);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        });

        // The kernel holds each to its limit: what needed more would have been ended.
        foreach (var sidecar in Sidecars)
        {
            Assert.Equal(["false", "true"], ComposePod.Inspect(sidecar, "{{.State.OOMKilled}} {{.State.Running}}").Split(' '));
            Assert.Equal(restarts[sidecar], Restarts(sidecar));
        }
    }

    [PodTheory]
    [InlineData("agent")]
    [InlineData("logging-sidecar")]
    [InlineData("metrics-sidecar")]
    [InlineData("tls-proxy")]
    public async Task A_container_that_is_killed_comes_back_and_no_line_is_lost(string container)
    {
        using var client = new HttpClient();
        var ids = new List<string>();
        for (var i = 0; i < 50; i++)
        {
            ids.Add(await InferAsync(client));
        }

        if (container == "agent")
        {
            // A killed agent takes along what it has not written yet; what it has is everybody else's to keep.
            await ShippedAsync(ids);
        }

        var killed = _pod.Processes(container);
        await _pod.KillAsync(container);
        await Eventually.HoldsAsync(() => _pod.Processes(container).Except(killed).Any(), $"{container} to be restarted");
        await _pod.HealthyAsync(container);

        for (var i = 0; i < 50; i++)
        {
            ids.Add(await InferAsync(client));
        }

        await ShippedAsync(ids);
    }

    [PodFact]
    public async Task It_stops_the_agent_first_then_the_sidecars_in_reverse_and_comes_up_where_it_was()
    {
        using var client = new HttpClient();
        var id = await InferAsync(client);

        Docker.Compose("stop");

        string[] order = ["agent", "tls-proxy", "metrics-sidecar", "logging-sidecar"];
        Assert.Equal(order, order.OrderBy(c => DateTimeOffset.Parse(ComposePod.Inspect(c, "{{.State.FinishedAt}}"), CultureInfo.InvariantCulture)));
        Assert.All(order, c => Assert.Equal("0", ComposePod.Inspect(c, "{{.State.ExitCode}}")));

        await _pod.UpAsync();
        var next = await InferAsync(client);
        await ShippedAsync([id, next]);
        Assert.Single(_pod.ShippedLines(), l => l.GetProperty("request_id").GetString() == id);
    }

    private static string Restarts(string container) => ComposePod.Inspect(container, "{{.RestartCount}}");

    private static async Task<string> InferAsync(HttpClient client)
    {
        using var answer = await client.PostAsJsonAsync("http://localhost:8000/inference", new { text = "what a lovely day" });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.GetValues("X-Request-Id").Single();
    }

    private Task ShippedAsync(List<string> ids) => Eventually.HoldsAsync(
        () => _pod.ShippedLines().Select(l => l.GetProperty("request_id").GetString()!).ToHashSet().IsSupersetOf(ids),
        () => $"the lines of {ids.Count} requests");
}
