using Lab.Pods;

namespace Lab.Tests.Pods;

public sealed class PodTerminationTests
{
    private const string SidecarsAndMain =
        """
        {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {terminationGracePeriodSeconds: 30,
          initContainers: [{name: first, image: x, restartPolicy: Always}, {name: second, image: x, restartPolicy: Always}],
          containers: [{name: agent, image: x, lifecycle: {preStop: {exec: {command: [x]}}}}]}}
        """;

    private readonly PodState _state = PodFactory.CreateRunningState(SidecarsAndMain);

    [Fact]
    public void Deletion_starts_the_grace_period_and_all_preStop_hooks()
    {
        var transition = PodFactory.At(_state, 10);

        PodTermination.OnDeleted(transition, grace: null);

        Assert.Equal(new GracePeriod(TimeSpan.FromSeconds(40), IsZero: false), _state.Grace);
        Assert.Equal(TimeSpan.FromSeconds(10), _state.DeletedAt);
        var hook = Assert.Single(transition.Actions.OfType<PodAction.RunHook>());
        Assert.Equal(("agent", HookKind.PreStop), (hook.Container, hook.Kind));
        Assert.Equal(3, transition.Actions.Count(action => action is PodAction.PublishEvent { Reason: "Killing" }));
    }

    [Theory]
    [InlineData(10, 25)]
    [InlineData(100, 40)]
    public void Second_deletion_only_shortens_the_grace_period(double grace, double endsAt)
    {
        PodTermination.OnDeleted(PodFactory.At(_state, 10), grace: null);

        PodTermination.OnDeleted(PodFactory.At(_state, 15), TimeSpan.FromSeconds(grace));

        Assert.Equal(TimeSpan.FromSeconds(endsAt), _state.Grace!.Value.EndsAt);
    }

    [Fact]
    public void Sidecar_is_blocked_by_main_containers_and_by_later_sidecars()
    {
        Assert.Equal(["agent", "second"], FindBlocking("first"));
        Assert.Equal(["agent"], FindBlocking("second"));

        ContainerTransitions.OnExited(PodFactory.At(_state, 1), _state.Find("second"), 1, "Error", "");

        Assert.Equal(["agent"], FindBlocking("first"));
    }

    [Fact]
    public void Each_container_gets_SIGTERM_when_it_is_its_turn()
    {
        PodTermination.OnDeleted(PodFactory.At(_state, 0), grace: null);
        Assert.Empty(Advance(1));

        FinishHook("agent");
        Assert.Equal([new PodAction.Terminate("agent", 1)], Advance(2));
        Exit("agent", 3);
        Assert.Equal([new PodAction.Terminate("second", 1)], Advance(3));
        Exit("second", 4);
        Assert.Equal([new PodAction.Terminate("first", 1)], Advance(4));
        Exit("first", 5);
        Advance(5);
        Assert.True(_state.IsFinished);
    }

    [Fact]
    public void Remaining_containers_get_SIGTERM_at_the_deadline_and_SIGKILL_after_the_minimum_grace()
    {
        PodTermination.OnDeleted(PodFactory.At(_state, 0), TimeSpan.FromSeconds(5));

        Assert.Empty(Advance(4.9));
        Assert.Equal(
            [new PodAction.Terminate("agent", 1), new PodAction.Terminate("second", 1), new PodAction.Terminate("first", 1)], Advance(5));
        Assert.Empty(Advance(6.9));
        Assert.Equal([new PodAction.Kill("agent", 1), new PodAction.Kill("second", 1), new PodAction.Kill("first", 1)], Advance(7));
    }

    [Fact]
    public void Zero_grace_period_kills_without_hook_and_SIGTERM()
    {
        var transition = PodFactory.At(_state, 0);
        PodTermination.OnDeleted(transition, TimeSpan.Zero);
        PodTermination.AdvanceTermination(transition);

        Assert.DoesNotContain(transition.Actions, action => action is PodAction.RunHook or PodAction.Terminate);
        Assert.Equal(3, transition.Actions.OfType<PodAction.Kill>().Count());
    }

    private IEnumerable<string> FindBlocking(string sidecar) =>
        PodTermination.FindBlockingContainers(_state, _state.Find(sidecar)).Select(container => container.Name);

    private IReadOnlyList<PodAction> Advance(double seconds)
    {
        var transition = PodFactory.At(_state, seconds);
        PodTermination.AdvanceTermination(transition);
        return transition.Actions;
    }

    private void FinishHook(string name) => ContainerTransitions.OnHookFinished(
        PodFactory.At(_state, 2), _state.Find(name), new PodEvent.HookFinished(name, 1, HookKind.PreStop, Success: true, ""));

    private void Exit(string name, double seconds) =>
        ContainerTransitions.OnExited(PodFactory.At(_state, seconds), _state.Find(name), 0, "Completed", "");
}
