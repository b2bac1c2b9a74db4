using Lab.Pods;

namespace Lab.Tests.Pods;

public sealed class ContainerTransitionsTests
{
    private const string OneContainer =
        """
        {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {restartPolicy: OnFailure, containers: [{name: agent, image: x,
          livenessProbe: {httpGet: {port: 1}, initialDelaySeconds: 3, failureThreshold: 1, terminationGracePeriodSeconds: 4}}]}}
        """;

    [Fact]
    public void Started_container_is_running_since_the_time_of_the_transition()
    {
        var state = PodFactory.CreateState(OneContainer);
        var agent = state.Find("agent");

        ContainerTransitions.OnStarted(PodFactory.At(state, 7), agent);

        Assert.Equal(new ContainerState.Running(PodFactory.StartTime.AddSeconds(7)), agent.State);
        Assert.True(agent is { Started: true, Ready: true, HasEverStarted: true, Step: ContainerStep.Running });
    }

    [Fact]
    public void Initial_delay_of_a_probe_counts_from_the_start_of_the_container()
    {
        var state = PodFactory.CreateState(OneContainer);

        ContainerTransitions.OnStarted(PodFactory.At(state, 7), state.Find("agent"));

        Assert.Equal(TimeSpan.FromSeconds(10), PodTimers.FindNextTimer(state));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Exit_code_decides_about_the_restart_with_policy_OnFailure(int exitCode, bool restarts)
    {
        var state = PodFactory.CreateRunningState(OneContainer);
        var agent = state.Find("agent");

        ContainerTransitions.OnExited(PodFactory.At(state, 5), agent, exitCode, "Error", "");

        Assert.Equal(restarts, agent.RestartAt == TimeSpan.FromSeconds(5));
        Assert.Equal(!restarts, agent.IsCompleted);
    }

    [Fact]
    public void Second_crash_shows_Error_for_a_second_and_then_CrashLoopBackOff()
    {
        var state = PodFactory.CreateRunningState(OneContainer);
        var agent = state.Find("agent");
        agent.BackOff.RecordRestart(TimeSpan.Zero);
        ContainerTransitions.OnExited(PodFactory.At(state, 5), agent, 1, "Error", "");

        ContainerTransitions.ShowCrashLoop(PodFactory.At(state, 5.9), agent);
        Assert.IsType<ContainerState.Terminated>(agent.State);

        var transition = PodFactory.At(state, 6);
        ContainerTransitions.ShowCrashLoop(transition, agent);
        Assert.Equal(
            new ContainerState.Waiting(
                "CrashLoopBackOff", $"back-off 10s restarting failed container=agent pod=pod_default({state.Pod.Metadata.Uid})"),
            agent.State);
        Assert.Contains(transition.Actions, action => action is PodAction.PublishEvent { IsWarning: true, Reason: "BackOff" });
    }

    [Fact]
    public void Failed_liveness_probe_stops_the_container_within_the_grace_period_of_the_probe()
    {
        var state = PodFactory.CreateRunningState(OneContainer);
        var agent = state.Find("agent");
        ContainerTransitions.RunDueProbes(PodFactory.At(state, 3), agent);

        ContainerTransitions.OnProbeFinished(
            PodFactory.At(state, 3), agent, new PodEvent.ProbeFinished("agent", 1, ProbeKind.Liveness, Success: false, "refused"));

        Assert.Equal(TimeSpan.FromSeconds(7), agent.Termination!.Deadline);
        Assert.False(agent.Termination.WaitsForOrder);
    }

    [Fact]
    public void Container_that_cannot_start_keeps_waiting_and_is_retried_after_the_first_back_off()
    {
        var state = PodFactory.CreateState(OneContainer);
        var agent = state.Find("agent");

        ContainerTransitions.OnStartFailed(
            PodFactory.At(state, 1), agent, new PodEvent.StartFailed("agent", 1, "ErrImageNeverPull", "no image", StaysWaiting: true));

        Assert.Equal(new ContainerState.Waiting("ErrImageNeverPull", "no image"), agent.State);
        Assert.Equal(TimeSpan.FromSeconds(11), agent.RestartAt);
    }

    [Fact]
    public void Container_with_a_start_error_counts_as_exited_with_code_128()
    {
        var state = PodFactory.CreateState(OneContainer);
        var agent = state.Find("agent");

        ContainerTransitions.OnStartFailed(
            PodFactory.At(state, 1), agent, new PodEvent.StartFailed("agent", 1, "StartError", "no such file"));

        Assert.Equal((128, "StartError"), agent.State is ContainerState.Terminated end ? (end.ExitCode, end.Reason) : default);
    }
}
