using LogTailer.Flow;

namespace LogTailer;

/// <summary>The instruments as one sink uses them.</summary>
internal sealed class SinkMetrics
{
    private readonly TailerMetrics _metrics;
    private readonly string? _sink;
    private readonly KeyValuePair<string, object?>[] _tags;

    /// <param name="metrics">All sinks' instruments.</param>
    /// <param name="sink">The sink's name, for a label; null where there is only one sink, and so no label.</param>
    public SinkMetrics(TailerMetrics metrics, string? sink)
    {
        (_metrics, _sink) = (metrics, sink);
        _tags = sink is null ? [] : [new("sink", sink)];

        // An alert on the first of them needs the 0 before it.
        metrics.LinesTruncated.Add(0, _tags);
        metrics.LinesDropped.Add(0, _tags);
        metrics.LinesFiltered.Add(0, _tags);
        metrics.DeadLetters.Add(0, _tags);
    }

    /// <summary>The labels of this sink's measurements.</summary>
    public ReadOnlySpan<KeyValuePair<string, object?>> Tags => _tags;

    /// <summary>All sinks' instruments.</summary>
    public TailerMetrics All => _metrics;

    public void Acknowledged(in Receipt receipt, TimeSpan delay)
    {
        _metrics.Lines.Add(receipt.Lines, _tags);
        _metrics.Bytes.Add(receipt.Bytes, _tags);

        if (receipt.CutLines > 0)
        {
            _metrics.LinesTruncated.Add(receipt.CutLines, _tags);
        }

        if (receipt.Lines > 0)
        {
            _metrics.DeliveryDelay.Record(Math.Max(0, delay.TotalSeconds), _tags);
        }
    }

    public void Rotated(string kind) => _metrics.Rotations.Add(1, With("kind", kind));

    public void Dropped(long lines) => _metrics.LinesDropped.Add(lines, _tags);

    public void Filtered(long lines)
    {
        if (lines > 0)
        {
            _metrics.LinesFiltered.Add(lines, _tags);
        }
    }

    public void BatchDone(string outcome, TimeSpan duration)
    {
        _metrics.SinkBatches.Add(1, With("outcome", outcome));
        _metrics.SinkDuration.Record(duration.TotalSeconds, _tags);
    }

    public void Retried(string reason) => _metrics.SinkRetries.Add(1, With("reason", reason));

    public void DeadLettered(long lines)
    {
        if (lines > 0)
        {
            _metrics.DeadLetters.Add(lines, _tags);
        }
    }

    private ReadOnlySpan<KeyValuePair<string, object?>> With(string name, string value)
        => _sink is null ? new KeyValuePair<string, object?>[] { new(name, value) } : [new("sink", _sink), new(name, value)];
}
