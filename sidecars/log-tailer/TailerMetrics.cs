using System.Diagnostics.Metrics;

namespace LogTailer;

/// <summary>The instruments, once. Where several sinks run, each measurement says whose it is in the label <c>sink</c>.</summary>
internal sealed class TailerMetrics
{
    private static readonly double[] Delays = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600];

    public TailerMetrics(IMeterFactory meterFactory)
    {
        Meter = meterFactory.Create("log_tailer");
        Lines = Meter.CreateCounter<long>("log_tailer_lines_total", null, "Lines acknowledged by the sink.");
        Bytes = Meter.CreateCounter<long>("log_tailer_bytes_total", null, "Bytes of the log acknowledged by the sink.");
        Rotations = Meter.CreateCounter<long>("log_tailer_rotations_total", null, "Rotations seen, by kind: rename, symlink, truncate, replace, delete.");
        LinesTruncated = Meter.CreateCounter<long>("log_tailer_lines_truncated_total", null, "Lines over Tail:MaxLineBytes, shipped cut.");
        LinesDropped = Meter.CreateCounter<long>("log_tailer_lines_dropped_total", null, "Lines dropped because the sink took nothing and Sink:OnFull is drop.");
        LinesFiltered = Meter.CreateCounter<long>("log_tailer_lines_filtered_total", null, "Lines not shipped because Filter:Drop says so.");
        SinkBatches = Meter.CreateCounter<long>("log_tailer_sink_batches_total", null, "Batches that the sink is done with, by outcome.");
        SinkRetries = Meter.CreateCounter<long>("log_tailer_sink_retries_total", null, "Deliveries that have to be tried again, by reason.");
        SinkDuration = Meter.CreateHistogram("log_tailer_sink_duration_seconds", "s", "Duration of one delivery to the sink.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Delays });
        DeadLetters = Meter.CreateCounter<long>("log_tailer_dead_letters_total", null, "Lines that the sink refused for good; they are in the dead-letter file.");
        DeliveryDelay = Meter.CreateHistogram("log_tailer_delivery_delay_seconds", "s", "From a line's writing (the file's modification time at its reading) to its acknowledgement, once a block.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Delays });
    }

    public Meter Meter { get; }

    public Counter<long> Lines { get; }

    public Counter<long> Bytes { get; }

    public Counter<long> Rotations { get; }

    public Counter<long> LinesTruncated { get; }

    public Counter<long> LinesDropped { get; }

    public Counter<long> LinesFiltered { get; }

    public Counter<long> SinkBatches { get; }

    public Counter<long> SinkRetries { get; }

    public Histogram<double> SinkDuration { get; }

    public Counter<long> DeadLetters { get; }

    public Histogram<double> DeliveryDelay { get; }
}
