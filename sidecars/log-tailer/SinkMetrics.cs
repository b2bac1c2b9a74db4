using LogTailer.Flow;

namespace LogTailer;

/// <summary>The instruments as one sink uses them.</summary>
/// <param name="metrics">All sinks' instruments.</param>
/// <param name="sink">The sink's name, for a label; null where there is only one sink, and so no label.</param>
internal sealed class SinkMetrics(TailerMetrics metrics, string? sink)
{
    private readonly KeyValuePair<string, object?>[] _tags = sink is null ? [] : [new("sink", sink)];

    /// <summary>The labels of this sink's measurements.</summary>
    public ReadOnlySpan<KeyValuePair<string, object?>> Tags => _tags;

    /// <summary>All sinks' instruments.</summary>
    public TailerMetrics All => metrics;

    public void Acknowledged(in Receipt receipt, TimeSpan delay)
    {
        metrics.Lines.Add(receipt.Lines, _tags);
        metrics.Bytes.Add(receipt.Bytes, _tags);

        if (receipt.CutLines > 0)
        {
            metrics.LinesTruncated.Add(receipt.CutLines, _tags);
        }

        if (receipt.Lines > 0)
        {
            metrics.DeliveryDelay.Record(Math.Max(0, delay.TotalSeconds), _tags);
        }
    }

    public void Rotated(string kind) => metrics.Rotations.Add(1, With("kind", kind));

    public void Dropped(long lines) => metrics.LinesDropped.Add(lines, _tags);

    public void Filtered(long lines)
    {
        if (lines > 0)
        {
            metrics.LinesFiltered.Add(lines, _tags);
        }
    }

    public void BatchDone(string outcome, TimeSpan duration)
    {
        metrics.SinkBatches.Add(1, With("outcome", outcome));
        metrics.SinkDuration.Record(duration.TotalSeconds, _tags);
    }

    public void Retried(string reason) => metrics.SinkRetries.Add(1, With("reason", reason));

    public void DeadLettered(long lines)
    {
        if (lines > 0)
        {
            metrics.DeadLetters.Add(lines, _tags);
        }
    }

    private ReadOnlySpan<KeyValuePair<string, object?>> With(string name, string value)
        => sink is null ? new KeyValuePair<string, object?>[] { new(name, value) } : [new("sink", sink), new(name, value)];
}
