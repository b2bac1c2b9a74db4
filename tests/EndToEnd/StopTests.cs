using TestKit;

namespace EndToEnd;

[Collection(OnePodAtATime.Name)]
public sealed class StopTests
{
    private static readonly string[] Programs = ["Agent.dll", "LogTailer.dll", "MetricsRelay.dll", "TlsProxy.dll"];

    [Theory]
    [InlineData(15)]
    [InlineData(2)]
    public async Task A_signal_stops_the_agent_first_then_the_sidecars_in_reverse_and_leaves_nothing(int signal)
    {
        await using var pod = await RunningPod.StartAsync();
        // Ctrl-C reaches everyone in the terminal's foreground; a signal to `dotnet run` alone is passed on by it.
        foreach (var id in signal == 2 ? RunningPod.ProcessesOf("Lab.dll").DefaultIfEmpty(pod.Lab.Id) : [pod.Lab.Id])
        {
            Libc.Send(id, signal);
        }

        Assert.Equal(0, await pod.Lab.ExitAsync());

        Assert.All(Programs, p => Assert.Empty(RunningPod.ProcessesOf(p)));
        string[] order = ["agent", "tls-proxy", "metrics-sidecar", "logging-sidecar"];
        Assert.Equal(order, Ended(pod));
    }

    [Fact]
    public async Task A_lab_that_is_killed_takes_its_containers_along()
    {
        await using var pod = await RunningPod.StartAsync();
        var lab = RunningPod.ProcessesOf("Lab.dll");
        Assert.NotEmpty(lab);

        foreach (var id in lab)
        {
            Libc.Send(id, 9);
        }

        await Eventually.HoldsAsync(
            () => Programs.All(p => RunningPod.ProcessesOf(p).Count == 0),
            () => "no process left: " + string.Join(", ", Programs.SelectMany(RunningPod.ProcessesOf)));
    }

    [Theory]
    [InlineData("k8s/labs/agent-with-logging.yaml", "agent-with-logging", "2/2")]
    [InlineData("k8s/labs/agent-with-logging-and-metrics.yaml", "agent-with-sidecars", "3/3")]
    public async Task The_lessons_Pods_run_with_the_READY_count_that_it_shows(string manifest, string pod, string ready)
    {
        await using var running = await RunningPod.StartAsync(manifest, pod, ready);
        Assert.Contains(running.Lab.Output, l => l.Contains(pod, StringComparison.Ordinal) && l.Contains(ready, StringComparison.Ordinal) && l.Contains("Running", StringComparison.Ordinal));

        using var client = new HttpClient();
        (await client.GetAsync(new Uri("http://localhost:8000/"))).EnsureSuccessStatusCode();
        await Eventually.HoldsAsync(() => running.ShippedLines().Any(), "the request's line");

        running.Lab.Terminate();
        Assert.Equal(0, await running.Lab.ExitAsync());
    }

    /// <summary>The containers in the order of their last words: each program says when it ends.</summary>
    private static IEnumerable<string> Ended(RunningPod pod) => pod.Lab.Output
        .Where(l => l.Contains("\"event\":\"Ended\"", StringComparison.Ordinal))
        .Select(l => l.Split('|')[0].Trim());
}
