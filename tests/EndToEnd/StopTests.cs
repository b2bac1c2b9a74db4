namespace EndToEnd;

[Collection(OnePodAtATime.Name)]
public sealed class StopTests
{
    private static readonly string[] Assemblies = ["Agent.dll", "LogTailer.dll", "MetricsRelay.dll", "TlsProxy.dll"];

    [Theory]
    [InlineData(UnixSignal.Terminate)]
    [InlineData(UnixSignal.Interrupt)]
    public async Task Signal_stops_the_agent_before_the_sidecars_and_leaves_no_process(int signal)
    {
        await using var pod = await RunningPod.StartAsync();
        // A terminal sends SIGINT to all processes in the foreground, the lab included; `dotnet run` forwards only SIGTERM.
        PodProcesses.SendSignal(
            signal == UnixSignal.Interrupt ? PodProcesses.FindLabs(pod).DefaultIfEmpty(pod.Lab.Id) : [pod.Lab.Id], signal);

        Assert.Equal(0, await pod.Lab.WaitForExitAsync());

        Assert.All(Assemblies, assembly => Assert.Empty(PodProcesses.FindContainers(assembly)));
        string[] order = ["agent", "tls-proxy", "metrics-sidecar", "logging-sidecar"];
        Assert.Equal(order, OrderByLastLine(pod));
    }

    [Fact]
    public async Task Killed_lab_leaves_no_container_behind()
    {
        await using var pod = await RunningPod.StartAsync();
        var lab = PodProcesses.FindLabs(pod);
        Assert.NotEmpty(lab);

        PodProcesses.SendSignal(lab, UnixSignal.Kill);

        await Eventually.AssertAsync(
            () => Assemblies.All(assembly => PodProcesses.FindContainers(assembly).Count == 0),
            () => "no process is left: " + string.Join(", ", Assemblies.SelectMany(PodProcesses.FindContainers)));
    }

    [Fact]
    public async Task Lab_shows_ready_containers_and_commands_to_try()
    {
        await using var pod = await RunningPod.StartAsync();
        await Eventually.AssertAsync(
            () => pod.Lab.Output.Any(line => line.Contains("Ctrl-C", StringComparison.Ordinal)), () => pod.Lab.DescribeOutput());

        string[][] expected =
        [
            ["agent-with-all-sidecars", "4/4", "Running"],
            ["curl -k https://localhost:8443/inference"],
            ["curl -s localhost:9090/metrics"],
        ];
        Assert.All(
            expected, texts => Assert.Contains(pod.Lab.Output, line => texts.All(text => line.Contains(text, StringComparison.Ordinal))));
        await pod.StopAsync();
    }

    /// <summary>The containers in the order of their last lines; each program logs when it stops.</summary>
    private static IEnumerable<string> OrderByLastLine(RunningPod pod) => pod.Lab.Output
        .Select((line, index) => (Container: line.Split('|')[0].Trim(), Index: index))
        .Where(line => PodExtensions.Containers.Contains(line.Container))
        .GroupBy(line => line.Container, line => line.Index)
        .OrderBy(container => container.Max())
        .Select(container => container.Key);
}
