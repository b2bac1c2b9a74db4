using System.Diagnostics.Metrics;
using ConfigReloader.Targets;

namespace ConfigReloader.Watching;

/// <summary>The reloader's instruments; <c>watch</c> is the configured name.</summary>
internal sealed class WatchMetrics
{
    private readonly Counter<long> _changes;
    private readonly Counter<long> _deliveries;
    private readonly Counter<long> _renders;
    private readonly Counter<long> _readErrors;
    private readonly Histogram<double> _duration;

    public WatchMetrics(IMeterFactory meters, WatchStates watches)
    {
        var meter = meters.Create("config_reloader");
        _changes = meter.CreateCounter<long>(
            "config_reloader_changes_total", description: "Changes of what is watched, by what showed them: the kernel's events or the poll.");
        _deliveries = meter.CreateCounter<long>(
            "config_reloader_deliveries_total", description: "Attempts to tell the target, by outcome: delivered, unconfirmed, refused or failed.");
        _renders = meter.CreateCounter<long>(
            "config_reloader_renders_total", description: "Renderings of placeholders, by outcome: written, unchanged, refused or failed.");
        _readErrors = meter.CreateCounter<long>(
            "config_reloader_read_errors_total", description: "Times that what is watched could not be read.");
        _duration = meter.CreateHistogram(
            "config_reloader_delivery_duration_seconds",
            unit: "s",
            description: "Time from the start of an attempt to tell the target until its outcome was known.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });

        IEnumerable<Measurement<T>> Observe<T>(Func<WatchState, T?> value)
            where T : struct =>
            from watch in watches.All
            let measured = value(watch.State)
            where measured is not null
            select new Measurement<T>(measured.Value, new KeyValuePair<string, object?>("watch", watch.Name));

        meter.CreateObservableGauge(
            "config_reloader_in_step",
            () => Observe<int>(state => state.Phase == WatchPhase.InStep ? 1 : 0),
            description: "1 while the target has what is there, else 0.");
        meter.CreateObservableGauge(
            "config_reloader_last_change_timestamp_seconds",
            () => Observe(state => Seconds(state.ChangedAt)),
            unit: "s",
            description: "When the last change was seen, in seconds since 1970.");
        meter.CreateObservableGauge(
            "config_reloader_last_delivery_timestamp_seconds",
            () => Observe(state => Seconds(state.DeliveredAt)),
            unit: "s",
            description: "When the target was last told successfully, in seconds since 1970.");
        meter.CreateObservableGauge(
            "config_reloader_events_active",
            () => Observe<int>(state => state.NoEventsBecause is null ? 1 : 0),
            description: "1 while the kernel tells of changes, 0 while only the poll finds them.");
    }

    public void Changed(string watch, bool byEvent) =>
        _changes.Add(1, new("watch", watch), new("seen_by", byEvent ? "event" : "poll"));

    public void Attempted(string watch, DeliveryOutcome outcome, TimeSpan duration)
    {
        _deliveries.Add(1, new("watch", watch), new("outcome", outcome.ToString().ToLowerInvariant()));
        _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("watch", watch));
    }

    public void Rendered(string watch, string outcome) => _renders.Add(1, new("watch", watch), new("outcome", outcome));

    public void Unreadable(string watch) => _readErrors.Add(1, new KeyValuePair<string, object?>("watch", watch));

    private static double? Seconds(DateTimeOffset? at) => at?.ToUnixTimeMilliseconds() / 1000.0;
}
