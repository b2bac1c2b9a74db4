using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Prometheus;

namespace Hosting.Metrics;

/// <summary>
/// Brings the instruments of ASP.NET Core, Kestrel and the runtime into the application's registry: every meter of this
/// application, and the platform's meters that belong to no application, such as <c>System.Runtime</c>.
/// </summary>
internal sealed partial class MeterListenerAdapter : IDisposable
{
    /// <summary>
    /// The maximum number of series of one instrument. Label values may come from clients, so the number must have a bound.
    /// </summary>
    internal const int MaxSeriesPerMetric = 1000;

    /// <summary>Kestrel's buffers are measured several times per request, which costs more than the figures are worth.</summary>
    private const string BufferPoolMeter = "Microsoft.AspNetCore.MemoryPool";

    /// <summary>Instruments whose value falls as well as rises, although the runtime declares them as counters.</summary>
    private static readonly HashSet<string> MisdeclaredGauges = ["dotnet.thread_pool.queue.length", "dotnet.thread_pool.thread.count"];

    private readonly ConcurrentQueue<AdaptedInstrument> _counters = new();
    private readonly MeterListener _listener = new();
    private readonly IMeterFactory _meters;
    private readonly IMetricFactory _metrics;
    private readonly SeriesLimit _limit;
    private readonly ILogger<MeterListenerAdapter> _logger;

    public MeterListenerAdapter(
        IMeterFactory meters,
        IMetricFactory metrics,
        CollectorRegistry registry,
        ProcessMetrics process,
        ILogger<MeterListenerAdapter> logger)
    {
        (_meters, _metrics, _logger) = (meters, metrics, logger);
        _limit = new SeriesLimit(MaxSeriesPerMetric, process.DroppedMeasurements, logger);
        _listener.InstrumentPublished = EnableInstrument;
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => RecordMeasurement(state, value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => RecordMeasurement(state, value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => RecordMeasurement(state, value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => RecordMeasurement(state, value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => RecordMeasurement(state, value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => RecordMeasurement(state, value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => RecordMeasurement(state, (double)value, tags));
        _listener.Start();
        registry.AddBeforeCollectCallback(CollectObservations);
    }

    public void Dispose() => _listener.Dispose();

    private static void RecordMeasurement(object? state, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((AdaptedInstrument)state!).RecordMeasurement(value, tags);

    private void EnableInstrument(Instrument instrument, MeterListener listener)
    {
        if (!IsExposed(instrument.Meter) || ReadKind(instrument) is not { } kind)
        {
            return;
        }

        var isCounter = kind is InstrumentKind.Counter or InstrumentKind.ObservedCounter;
        var name = MetricName.FromInstrument(instrument.Name, instrument.Unit, isCounter);
        var help = string.IsNullOrEmpty(instrument.Description) ? $"{instrument.Name} of {instrument.Meter.Name}." : instrument.Description;
        var bounds = kind is InstrumentKind.Histogram ? HistogramBuckets.SelectBounds(instrument) : [];
        var adapted = new AdaptedInstrument(_metrics, name, EscapeHelp(help), kind, bounds, _limit);
        if (kind is InstrumentKind.Counter)
        {
            _counters.Enqueue(adapted);
        }

        listener.EnableMeasurementEvents(instrument, adapted);
    }

    private bool IsExposed(Meter meter) => meter.Scope switch
    {
        // With two applications in one process (tests), each counts only its own measurements.
        IMeterFactory owner => owner == _meters && meter.Name != BufferPoolMeter,
        // Libraries also publish metrics about themselves, such as the number of log calls. They are not part of the page.
        _ => meter.Name.StartsWith("System.", StringComparison.Ordinal) || meter.Name.StartsWith("Microsoft.", StringComparison.Ordinal),
    };

    private static InstrumentKind? ReadKind(Instrument instrument)
    {
        if (MisdeclaredGauges.Contains(instrument.Name))
        {
            return InstrumentKind.Gauge;
        }

        var type = instrument.GetType().GetGenericTypeDefinition();
        return type == typeof(Counter<>) ? InstrumentKind.Counter
            : type == typeof(ObservableCounter<>) ? InstrumentKind.ObservedCounter
            : type == typeof(UpDownCounter<>) ? InstrumentKind.UpDownCounter
            : type == typeof(ObservableUpDownCounter<>) ? InstrumentKind.Gauge
            : type == typeof(ObservableGauge<>) || type == typeof(Gauge<>) ? InstrumentKind.Gauge
            : type == typeof(Histogram<>) ? InstrumentKind.Histogram
            : null;
    }

    // The library writes HELP as it is. A quote would need a backslash in OpenMetrics only, so it is replaced.
    private static string EscapeHelp(string help) => help
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal)
        .Replace('"', '\'');

    private void CollectObservations()
    {
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException exception)
        {
            Log.ObservationFailed(_logger, exception);
        }

        foreach (var counter in _counters)
        {
            counter.PublishIncrements();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(32, LogLevel.Warning, "Observing instruments failed; their metrics keep the last value")]
        public static partial void ObservationFailed(ILogger logger, AggregateException exception);
    }
}
