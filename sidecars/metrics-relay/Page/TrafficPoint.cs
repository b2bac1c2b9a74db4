namespace MetricsRelay.Page;

/// <summary>A point of the page's charts; NaN where there is nothing to show.</summary>
/// <param name="At">Milliseconds since 1970.</param>
/// <param name="Rate">Requests a second.</param>
/// <param name="ErrorShare">Share of them that failed, 0 to 1.</param>
/// <param name="P50">Seconds within which half of them were answered.</param>
/// <param name="P90">And nine tenths.</param>
/// <param name="P99">And 99 of a hundred.</param>
/// <param name="InFlight">Requests being worked on.</param>
internal readonly record struct TrafficPoint(long At, double Rate, double ErrorShare, double P50, double P90, double P99, double InFlight)
{
    /// <summary>What happened between two readings.</summary>
    public static TrafficPoint Between(TrafficReading before, TrafficReading now)
    {
        var seconds = (now.At - before.At) / 1000.0;
        var requests = now.Requests - before.Requests;
        if (!(requests >= 0) || before.Sources != now.Sources)
        {
            // The target began anew, or other metrics are read now.
            return new TrafficPoint(now.At, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, now.InFlight);
        }

        var errors = Math.Max(0, now.Errors - before.Errors);
        return new TrafficPoint(now.At, requests / seconds, requests > 0 ? errors / requests : 0,
            now.Quantile(0.5, before), now.Quantile(0.9, before), now.Quantile(0.99, before), now.InFlight);
    }
}
