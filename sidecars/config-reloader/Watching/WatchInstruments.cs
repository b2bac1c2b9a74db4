using ConfigReloader.Targets;
using Prometheus;

namespace ConfigReloader.Watching;

/// <summary>The counters and the histogram of one watch. Creating it exposes all of them with the value 0.</summary>
internal sealed class WatchInstruments(
    Counter changes, Counter deliveries, Counter renders, Counter readErrors, Histogram deliveryDuration, string watch)
{
    private readonly Counter.Child _changesByEvent = changes.WithLabels("event", watch);
    private readonly Counter.Child _changesByPoll = changes.WithLabels("poll", watch);
    private readonly Counter.Child[] _deliveries = CreateChildren<DeliveryOutcome>(deliveries, watch);
    private readonly Counter.Child[] _renders = CreateChildren<RenderOutcome>(renders, watch);
    private readonly Counter.Child _readErrors = readErrors.WithLabels(watch);
    private readonly Histogram.Child _deliveryDuration = deliveryDuration.WithLabels(watch);

    public void RecordChange(bool seenByEvent) => (seenByEvent ? _changesByEvent : _changesByPoll).Inc();

    public void RecordAttempt(DeliveryOutcome outcome, TimeSpan duration)
    {
        _deliveries[(int)outcome].Inc();
        _deliveryDuration.Observe(duration.TotalSeconds);
    }

    public void RecordRender(RenderOutcome outcome) => _renders[(int)outcome].Inc();

    public void RecordReadError() => _readErrors.Inc();

    private static Counter.Child[] CreateChildren<TOutcome>(Counter counter, string watch)
        where TOutcome : struct, Enum =>
        [.. Enum.GetNames<TOutcome>().Select(outcome => counter.WithLabels(outcome.ToLowerInvariant(), watch))];
}
