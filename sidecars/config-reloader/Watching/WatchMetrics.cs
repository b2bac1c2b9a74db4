using Prometheus;

namespace ConfigReloader.Watching;

/// <summary>The metrics of the config reloader. The label <c>watch</c> is the configured name of a watch.</summary>
internal sealed class WatchMetrics
{
    private static readonly double[] DurationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly Counter _changes;
    private readonly Counter _deliveries;
    private readonly Counter _renders;
    private readonly Counter _readErrors;
    private readonly Histogram _deliveryDuration;
    private readonly Gauge _inStep;
    private readonly Gauge _lastChange;
    private readonly Gauge _lastDelivery;
    private readonly Gauge _eventsActive;

    private readonly ActiveWatches _watches;
    private readonly Lock _lock = new();
    private HashSet<string> _observed = [];

    public WatchMetrics(IMetricFactory metrics, CollectorRegistry registry, ActiveWatches watches)
    {
        _watches = watches;
        _changes = metrics.CreateCounter(
            "config_reloader_changes_total",
            "Changes of the watched content, by what detected them: kernel events or polling.",
            ["seen_by", "watch"]);
        _deliveries = metrics.CreateCounter(
            "config_reloader_deliveries_total",
            "Attempts to notify the target, by outcome: delivered, unconfirmed, refused or failed.",
            ["outcome", "watch"]);
        _renders = metrics.CreateCounter(
            "config_reloader_renders_total",
            "Renderings of placeholders, by outcome: written, unchanged, refused or failed.",
            ["outcome", "watch"]);
        _readErrors = metrics.CreateCounter(
            "config_reloader_read_errors_total", "Failed attempts to read the watched content.", ["watch"]);
        _deliveryDuration = metrics.CreateHistogram(
            "config_reloader_delivery_duration_seconds",
            "Time from the start of an attempt to notify the target until its outcome was known.",
            ["watch"],
            new HistogramConfiguration { Buckets = DurationBuckets });
        _inStep = metrics.CreateGauge(
            "config_reloader_in_step", "1 while the target uses the current content, otherwise 0.", ["watch"]);
        _lastChange = metrics.CreateGauge(
            "config_reloader_last_change_timestamp_seconds", "Time of the last detected change, in seconds since 1970.", ["watch"]);
        _lastDelivery = metrics.CreateGauge(
            "config_reloader_last_delivery_timestamp_seconds", "Time of the last successful delivery, in seconds since 1970.", ["watch"]);
        _eventsActive = metrics.CreateGauge(
            "config_reloader_events_active", "1 while the kernel reports changes, 0 while only polling detects them.", ["watch"]);
        registry.AddBeforeCollectCallback(ObserveWatches);
    }

    /// <summary>Creates the instruments of a watch, all of them with the value 0.</summary>
    public WatchInstruments CreateInstruments(string watch) =>
        new(_changes, _deliveries, _renders, _readErrors, _deliveryDuration, watch);

    private void ObserveWatches()
    {
        // Scrapes may overlap.
        lock (_lock)
        {
            var current = new HashSet<string>(StringComparer.Ordinal);
            foreach (var watch in _watches.All)
            {
                current.Add(watch.Name);
                ObserveWatch(watch.Name, watch.Report);
            }

            foreach (var removed in _observed.Except(current))
            {
                RemoveGauges(removed);
            }

            _observed = current;
        }
    }

    private void ObserveWatch(string watch, WatchReport report)
    {
        _inStep.WithLabels(watch).Set(report.Phase == WatchPhase.InStep ? 1 : 0);
        _eventsActive.WithLabels(watch).Set(report.EventsUnavailableReason is null ? 1 : 0);
        SetTimestamp(_lastChange, watch, report.ChangedAt);
        SetTimestamp(_lastDelivery, watch, report.DeliveredAt);
    }

    /// <summary>A time that is not known yet has no series: 0 would read as 1970.</summary>
    private static void SetTimestamp(Gauge gauge, string watch, DateTimeOffset? at)
    {
        if (at is { } known)
        {
            gauge.WithLabels(watch).Set(known.ToUnixTimeMilliseconds() / 1000.0);
        }
        else
        {
            gauge.RemoveLabelled(watch);
        }
    }

    private void RemoveGauges(string watch)
    {
        foreach (var gauge in (Gauge[])[_inStep, _lastChange, _lastDelivery, _eventsActive])
        {
            gauge.RemoveLabelled(watch);
        }
    }
}
