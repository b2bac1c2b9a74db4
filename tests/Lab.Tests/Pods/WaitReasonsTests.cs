using Lab.Pods;

namespace Lab.Tests.Pods;

public sealed class WaitReasonsTests
{
    private const string Manifest =
        """
        {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
          initContainers: [{name: setup, image: x},
            {name: logging, image: x, restartPolicy: Always, startupProbe: {httpGet: {port: 8002, path: /readyz}}}],
          containers: [{name: agent, image: x, lifecycle: {postStart: {exec: {command: [a]}}, preStop: {exec: {command: [b]}}},
            readinessProbe: {tcpSocket: {port: 8000}}}]}}
        """;

    private readonly PodState _state = PodFactory.CreateState(Manifest);

    [Fact]
    public void Container_that_has_not_started_waits_for_volumes_and_then_for_the_one_before_it()
    {
        _state.IsMounted = false;
        Assert.Equal("its volumes", FindText("logging"));

        _state.IsMounted = true;
        Assert.Equal("setup to complete", FindText("logging"));
        Assert.Null(FindText("setup"));

        _state.InitIndex = 1;
        Assert.Equal("logging to start", FindText("agent"));
    }

    [Fact]
    public void Starting_container_waits_for_its_process_hook_and_probes_in_order()
    {
        var logging = _state.Find("logging");
        logging.Step = ContainerStep.Starting;
        Assert.Equal("its process to start", FindText("logging"));
        ContainerTransitions.OnStarted(PodFactory.At(_state, 0), logging);
        Assert.Equal("its startup probe: http-get :8002/readyz", FindText("logging"));

        var agent = _state.Find("agent");
        ContainerTransitions.OnStarted(PodFactory.At(_state, 0), agent);
        Assert.Equal("its postStart hook", FindText("agent"));
        ContainerTransitions.OnHookFinished(
            PodFactory.At(_state, 1), agent, new PodEvent.HookFinished("agent", 0, HookKind.PostStart, Success: true, ""));
        Assert.Equal("its readiness probe: tcp-socket :8000", FindText("agent"));
    }

    [Fact]
    public void Running_init_container_waits_for_its_process_to_complete()
    {
        ContainerTransitions.OnStarted(PodFactory.At(_state, 0), _state.Find("setup"));

        Assert.Equal("its process to complete", FindText("setup"));
    }

    [Fact]
    public void Exited_container_shows_the_time_to_its_restart_in_whole_seconds()
    {
        var agent = _state.Find("agent");
        agent.RestartAt = TimeSpan.FromSeconds(80);

        Assert.Equal("its restart in 1m20s", WaitReasons.FindWaitReason(_state, agent, TimeSpan.FromMilliseconds(100))?.Text);
        Assert.Equal("its restart in 1s", WaitReasons.FindWaitReason(_state, agent, TimeSpan.FromSeconds(79.5))?.Text);
    }

    [Fact]
    public void Stopping_container_waits_for_its_hook_then_for_others_then_for_its_process()
    {
        var running = PodFactory.CreateRunningState(PodManifests.TwoBareSidecars);
        PodTermination.OnDeleted(PodFactory.At(running, 0), grace: null);
        Assert.Equal(WaitKind.PreStopHook, FindReason(running, "logging")?.Kind);

        PodTermination.AdvanceTermination(PodFactory.At(running, 0));
        Assert.Equal(new WaitReason(WaitKind.OtherContainers, "agent, metrics to stop"), FindReason(running, "logging"));
        Assert.Equal(new WaitReason(WaitKind.ProcessExit, "its process to exit"), FindReason(running, "agent"));
    }

    private string? FindText(string name) => FindReason(_state, name)?.Text;

    private static WaitReason? FindReason(PodState state, string name) =>
        WaitReasons.FindWaitReason(state, state.Find(name), TimeSpan.Zero);
}
