namespace Lab.Pods;

/// <summary>One step of the state machine: the state that it changes, the time, and the actions that result.</summary>
internal sealed class PodTransition(PodState state, TimeSpan now)
{
    private readonly List<PodAction> _actions = [];

    public PodState State { get; } = state;

    /// <summary>Time since the Pod's start.</summary>
    public TimeSpan Now { get; } = now;

    /// <summary>The same time on the calendar.</summary>
    public DateTimeOffset Timestamp => State.StartTime + Now;

    public IReadOnlyList<PodAction> Actions => _actions;

    public void AddAction(PodAction action) => _actions.Add(action);

    public void PublishEvent(string reason, TrackedContainer container, string message) =>
        _actions.Add(new PodAction.PublishEvent(IsWarning: false, reason, container.Name, message));

    public void PublishWarning(string reason, TrackedContainer? container, string message) =>
        _actions.Add(new PodAction.PublishEvent(IsWarning: true, reason, container?.Name, message));
}
