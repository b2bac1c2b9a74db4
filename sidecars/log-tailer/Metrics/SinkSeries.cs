using Prometheus;

namespace LogTailer.Metrics;

/// <summary>The series of one sink that have no label besides <c>sink</c>.</summary>
internal sealed record SinkSeries(
    Counter.Child Lines,
    Counter.Child Bytes,
    Counter.Child LinesTruncated,
    Counter.Child LinesDropped,
    Counter.Child LinesFiltered,
    Counter.Child DeadLetters,
    Histogram.Child SinkDuration,
    Histogram.Child DeliveryDelay);
