using Prometheus;

namespace LogTailer.Metrics;

/// <summary>The instruments of this process. With several sinks every series has the label <c>sink</c>.</summary>
internal sealed class TailerMetrics
{
    private static readonly double[] SecondsBuckets =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600];

    private readonly CollectorRegistry _registry;
    private readonly Counter _lines;
    private readonly Counter _bytes;
    private readonly Counter _rotations;
    private readonly Counter _linesTruncated;
    private readonly Counter _linesDropped;
    private readonly Counter _linesFiltered;
    private readonly Counter _sinkBatches;
    private readonly Counter _sinkRetries;
    private readonly Histogram _sinkDuration;
    private readonly Counter _deadLetters;
    private readonly Histogram _deliveryDelay;
    private readonly Gauge _checkpointAge;
    private readonly Gauge _lagBytes;
    private readonly Gauge _filesOpen;

    /// <param name="metrics">Creates the instruments.</param>
    /// <param name="registry">The registry of <paramref name="metrics"/>, which calls back before each scrape.</param>
    /// <param name="hasSinkLabel">Whether there are several sinks, so that each series names its sink.</param>
    public TailerMetrics(IMetricFactory metrics, CollectorRegistry registry, bool hasSinkLabel)
    {
        string[] sink = hasSinkLabel ? ["sink"] : [];
        var histogram = new HistogramConfiguration { Buckets = SecondsBuckets };
        (_registry, HasSinkLabel) = (registry, hasSinkLabel);

        _lines = metrics.CreateCounter("log_tailer_lines_total", "Lines acknowledged by the sink.", sink);
        _bytes = metrics.CreateCounter("log_tailer_bytes_total", "Bytes of the log acknowledged by the sink.", sink);
        _rotations = metrics.CreateCounter(
            "log_tailer_rotations_total",
            "Rotations detected, by kind: rename, symlink, truncate, replace, delete; lost for lines that a followed server no longer has.",
            [.. sink, "kind"]);
        _linesTruncated = metrics.CreateCounter(
            "log_tailer_lines_truncated_total", "Lines over Tail:MaxLineBytes, shipped truncated.", sink);
        _linesDropped = metrics.CreateCounter(
            "log_tailer_lines_dropped_total", "Lines dropped because the sink accepted none and Sink:OnFull is drop.", sink);
        _linesFiltered = metrics.CreateCounter(
            "log_tailer_lines_filtered_total", "Lines not shipped because they match Filter:Drop.", sink);
        _sinkBatches = metrics.CreateCounter(
            "log_tailer_sink_batches_total", "Completed batch requests, by outcome.", [.. sink, "outcome"]);
        _sinkRetries = metrics.CreateCounter(
            "log_tailer_sink_retries_total", "Failed deliveries that are retried, by reason.", [.. sink, "reason"]);
        _sinkDuration = metrics.CreateHistogram(
            "log_tailer_sink_duration_seconds", "Duration of one delivery to the sink.", sink, histogram);
        _deadLetters = metrics.CreateCounter("log_tailer_dead_letters_total", "Lines that the sink rejected permanently.", sink);
        _deliveryDelay = metrics.CreateHistogram(
            "log_tailer_delivery_delay_seconds",
            "Time from writing a line (modification time of the file when it was read) to its acknowledgement, observed once per block.",
            sink,
            histogram);
        _checkpointAge = metrics.CreateGauge(
            "log_tailer_checkpoint_age_seconds",
            "Time for which the checkpoint has been behind the acknowledged position; 0 when it is up to date.");
        _lagBytes = metrics.CreateGauge("log_tailer_lag_bytes", "Bytes in the files that the sink has not acknowledged.", sink);
        _filesOpen = metrics.CreateGauge("log_tailer_files_open", "Open files.", sink);
    }

    /// <summary>Whether every series has the label <c>sink</c>.</summary>
    public bool HasSinkLabel { get; }

    /// <summary>Creates the series of one sink; all its counters start at 0.</summary>
    public SinkMetrics CreateSinkMetrics(string sinkName)
    {
        string[] sink = HasSinkLabel ? [sinkName] : [];
        return new SinkMetrics(
            new SinkSeries(
                _lines.WithLabels(sink),
                _bytes.WithLabels(sink),
                _linesTruncated.WithLabels(sink),
                _linesDropped.WithLabels(sink),
                _linesFiltered.WithLabels(sink),
                _deadLetters.WithLabels(sink),
                _sinkDuration.WithLabels(sink),
                _deliveryDelay.WithLabels(sink)),
            new LabeledCounter(_rotations, sink),
            new LabeledCounter(_sinkBatches, sink),
            new LabeledCounter(_sinkRetries, sink),
            ObserveFiles);

        void ObserveFiles(Func<long> getLagBytes, Func<int> getOpenFiles)
        {
            var (lagBytes, filesOpen) = (_lagBytes.WithLabels(sink), _filesOpen.WithLabels(sink));
            _registry.AddBeforeCollectCallback(() =>
            {
                lagBytes.Set(getLagBytes());
                filesOpen.Set(getOpenFiles());
            });
        }
    }

    /// <summary>Reads the age of the checkpoint at each scrape.</summary>
    public void ObserveCheckpointAge(Func<TimeSpan> getAge)
        => _registry.AddBeforeCollectCallback(() => _checkpointAge.Set(getAge().TotalSeconds));
}
