using System.Collections.Concurrent;
using Prometheus;

namespace Hosting.Metrics;

/// <summary>
/// Bounds the series of each adapted metric, because label values may come from clients. Counts what is dropped, and logs each
/// affected metric once.
/// </summary>
/// <param name="maxSeries">The maximum number of series of one metric.</param>
/// <param name="dropped">Counts the dropped measurements.</param>
/// <param name="logger">Receives the names of the affected metrics.</param>
internal sealed partial class SeriesLimit(int maxSeries, Counter dropped, ILogger logger)
{
    private readonly ConcurrentDictionary<string, byte> _reportedMetrics = new(StringComparer.Ordinal);

    public int MaxSeries => maxSeries;

    public void CountDropped(string metric)
    {
        dropped.Inc();
        if (_reportedMetrics.TryAdd(metric, 0))
        {
            Log.SeriesLimitReached(logger, metric, maxSeries);
        }
    }

    /// <summary>Reports a metric that the registry rejects, such as a counter whose name is a gauge already.</summary>
    public void ReportRejected(string metric, Exception exception)
    {
        if (_reportedMetrics.TryAdd(metric, 0))
        {
            Log.MetricRejected(logger, metric, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(30, LogLevel.Warning, "Series limit reached: {Metric} has {Limit} series; new label values are dropped")]
        public static partial void SeriesLimitReached(ILogger logger, string metric, int limit);

        [LoggerMessage(31, LogLevel.Warning, "Metric {Metric} is not exposed: {Reason}")]
        public static partial void MetricRejected(ILogger logger, string metric, string reason);
    }
}
