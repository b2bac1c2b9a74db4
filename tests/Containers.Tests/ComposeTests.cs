using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Containers.Tests;

/// <summary>What only Docker provides: limits, restarts, and the order of stopping.</summary>
[Collection(OnePodAtATime.Name)]
public sealed class ComposeTests(PodFixture fixture) : IClassFixture<PodFixture>
{
    private const long SidecarMemoryLimit = 96L << 20;
    private const long AgentMemoryLimit = 256L << 20;

    private static readonly string[] Sidecars = ["logging-sidecar", "metrics-sidecar", "tls-proxy"];

    private readonly ComposePod _pod = fixture.Compose;

    [PodFact]
    public void Every_container_has_a_restricted_security_context_and_a_memory_limit()
    {
        foreach (var container in PodExtensions.Containers)
        {
            var host = JsonDocument.Parse(ComposePod.InspectContainer(container, "{{json .HostConfig}}")).RootElement;
            Assert.True(host.GetProperty("ReadonlyRootfs").GetBoolean(), container);
            Assert.Equal("ALL", Assert.Single(host.GetProperty("CapDrop").EnumerateArray()).GetString());
            var securityOptions = host.GetProperty("SecurityOpt").EnumerateArray().Select(option => option.GetString()!);
            Assert.Contains(securityOptions, option => option.StartsWith("no-new-privileges", StringComparison.Ordinal));
            Assert.Equal("1654:1654", ComposePod.InspectContainer(container, "{{.Config.User}}"));
            Assert.Equal(container == "agent" ? AgentMemoryLimit : SidecarMemoryLimit, host.GetProperty("Memory").GetInt64());
        }
    }

    [PodFact]
    public async Task Sidecars_stay_within_their_memory_limits_under_load()
    {
        var restarts = Sidecars.ToDictionary(sidecar => sidecar, CountRestarts);
        using var client = PodClient.Create(connections: 32);
        await Parallel.ForAsync(0, 5_000, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (_, aborted) =>
        {
            using var response = await client.PostAsJsonAsync("/inference", new { text = new string('x', 2_000) }, aborted);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        });

        // The kernel enforces the limits: it kills a container that exceeds its own.
        foreach (var sidecar in Sidecars)
        {
            Assert.Equal(["false", "true"], ComposePod.InspectContainer(sidecar, "{{.State.OOMKilled}} {{.State.Running}}").Split(' '));
            Assert.Equal(restarts[sidecar], CountRestarts(sidecar));
        }
    }

    [PodTheory]
    [InlineData("agent")]
    [InlineData("logging-sidecar")]
    [InlineData("metrics-sidecar")]
    [InlineData("tls-proxy")]
    public async Task Killed_container_is_restarted_and_no_log_line_is_lost(string container)
    {
        using var client = new HttpClient();
        var ids = new List<string>();
        for (var i = 0; i < 50; i++)
        {
            ids.Add(await SendInferenceAsync(client));
        }

        if (container == "agent")
        {
            // A killed agent loses the lines that it has not written yet, so wait until they are shipped.
            await WaitUntilShippedAsync(ids);
        }

        var killed = _pod.FindProcesses(container);
        await _pod.KillContainerAsync(container);
        await Eventually.AssertAsync(() => _pod.FindProcesses(container).Except(killed).Any(), $"{container} is restarted");
        await _pod.WaitUntilHealthyAsync(container);

        for (var i = 0; i < 50; i++)
        {
            ids.Add(await SendInferenceAsync(client));
        }

        await WaitUntilShippedAsync(ids);
    }

    [PodFact]
    public async Task Stop_ends_the_agent_first_and_a_new_start_resumes_at_the_checkpoint()
    {
        using var client = new HttpClient();
        var id = await SendInferenceAsync(client);

        Docker.RunCompose("stop");

        string[] order = ["agent", "tls-proxy", "metrics-sidecar", "logging-sidecar"];
        Assert.Equal(order, order.OrderBy(ReadFinishTime));
        Assert.All(order, container => Assert.Equal("0", ComposePod.InspectContainer(container, "{{.State.ExitCode}}")));

        await _pod.StartContainersAsync();
        var next = await SendInferenceAsync(client);
        await WaitUntilShippedAsync([id, next]);
        Assert.Single(_pod.ReadShippedLines(), line => line.GetProperty("request_id").GetString() == id);
    }

    private static string CountRestarts(string container) => ComposePod.InspectContainer(container, "{{.RestartCount}}");

    private static DateTimeOffset ReadFinishTime(string container) =>
        DateTimeOffset.Parse(ComposePod.InspectContainer(container, "{{.State.FinishedAt}}"), CultureInfo.InvariantCulture);

    private static async Task<string> SendInferenceAsync(HttpClient client)
    {
        using var response = await client.PostAsJsonAsync("http://localhost:8000/inference", new { text = "what a lovely day" });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response.Headers.GetValues("X-Request-Id").Single();
    }

    private Task WaitUntilShippedAsync(List<string> ids) => Eventually.AssertAsync(
        () => _pod.ReadShippedLines().Select(line => line.GetProperty("request_id").GetString()!).ToHashSet().IsSupersetOf(ids),
        () => $"the lines of {ids.Count} requests are shipped");
}
