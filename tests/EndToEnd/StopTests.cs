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

    [Fact]
    public async Task Every_container_is_ready_and_the_addresses_to_try_are_told()
    {
        await using var pod = await RunningPod.StartAsync();
        await pod.Lab.SaysAsync("Ctrl-C stops it");
        await pod.Lab.SaysAsync("Ctrl-C stops it");
        Assert.Contains(pod.Lab.Output, l => l.Contains("agent-with-all-sidecars", StringComparison.Ordinal) && l.Contains("4/4", StringComparison.Ordinal) && l.Contains("Running", StringComparison.Ordinal));
        Assert.Contains(pod.Lab.Output, l => l.Contains("curl -k https://localhost:8443/inference", StringComparison.Ordinal));
        Assert.Contains(pod.Lab.Output, l => l.Contains("curl -s localhost:9090/metrics", StringComparison.Ordinal));

        pod.Lab.Terminate();
        Assert.Equal(0, await pod.Lab.ExitAsync());
    }

    /// <summary>The containers in the order of their last words: each program says when it ends.</summary>
    private static IEnumerable<string> Ended(RunningPod pod) => pod.Lab.Output
        .Where(l => l.Contains("\"event\":\"ProcessStopped\"", StringComparison.Ordinal))
        .Select(l => l.Split('|')[0].Trim());
}
