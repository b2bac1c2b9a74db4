namespace MetricsRelay.Page;

/// <summary>A point of the charts. NaN means that there is no value.</summary>
/// <param name="Time">Milliseconds since 1970.</param>
/// <param name="RequestRate">Requests per second.</param>
/// <param name="ErrorShare">The share of failed requests, 0 to 1.</param>
/// <param name="P50">The latency of the 50th percentile in seconds.</param>
/// <param name="P90">The latency of the 90th percentile in seconds.</param>
/// <param name="P99">The latency of the 99th percentile in seconds.</param>
/// <param name="InFlight">The number of requests in progress.</param>
internal readonly record struct TrafficPoint(
    long Time, double RequestRate, double ErrorShare, double P50, double P90, double P99, double InFlight)
{
    /// <summary>Calculates the traffic between two readings.</summary>
    public static TrafficPoint FromReadings(TrafficReading before, TrafficReading now)
    {
        var seconds = (now.Time - before.Time) / 1000.0;
        var requests = now.Requests - before.Requests;
        if (!(requests >= 0) || before.Sources != now.Sources)
        {
            // The target restarted, or other metrics are used now.
            return new TrafficPoint(now.Time, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, now.InFlight);
        }

        var errors = Math.Max(0, now.Errors - before.Errors);
        return new TrafficPoint(now.Time, requests / seconds, requests > 0 ? errors / requests : 0,
            now.EstimateQuantile(0.5, before), now.EstimateQuantile(0.9, before), now.EstimateQuantile(0.99, before), now.InFlight);
    }
}
