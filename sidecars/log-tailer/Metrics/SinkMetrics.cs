using LogTailer.Blocks;

namespace LogTailer.Metrics;

/// <summary>The metrics of one sink.</summary>
internal sealed class SinkMetrics(
    SinkSeries series, LabeledCounter rotations, LabeledCounter batches, LabeledCounter retries, Action<Func<long>, Func<int>> observeFiles)
{
    /// <summary>Reads lag and number of open files at each scrape.</summary>
    public void ObserveFiles(Func<long> getLagBytes, Func<int> getOpenFiles) => observeFiles(getLagBytes, getOpenFiles);

    /// <summary>Declares the kinds of rotation that the follower detects.</summary>
    public void DeclareRotationKinds(params ReadOnlySpan<string> kinds) => rotations.InitializeSeries(kinds);

    /// <summary>Declares the batch outcomes of the sink.</summary>
    public void DeclareBatchOutcomes(params ReadOnlySpan<string> outcomes) => batches.InitializeSeries(outcomes);

    /// <summary>Declares the retry reasons of the sink.</summary>
    public void DeclareRetryReasons(params ReadOnlySpan<string> reasons) => retries.InitializeSeries(reasons);

    public void CountAcknowledgement(in LineReceipt receipt, TimeSpan delay)
    {
        series.Lines.Inc(receipt.Lines);
        series.Bytes.Inc(receipt.Bytes);

        if (receipt.TruncatedLines > 0)
        {
            series.LinesTruncated.Inc(receipt.TruncatedLines);
        }

        if (receipt.Lines > 0)
        {
            series.DeliveryDelay.Observe(Math.Max(0, delay.TotalSeconds));
        }
    }

    public void CountRotation(string kind) => rotations.IncrementSeries(kind);

    public void CountDroppedLines(long lines) => series.LinesDropped.Inc(lines);

    public void CountFilteredLines(long lines) => series.LinesFiltered.Inc(lines);

    public void CountBatch(string outcome, TimeSpan duration)
    {
        batches.IncrementSeries(outcome);
        series.SinkDuration.Observe(duration.TotalSeconds);
    }

    public void CountRetry(string reason) => retries.IncrementSeries(reason);

    public void CountDeadLetters(long lines) => series.DeadLetters.Inc(lines);
}
