using System.Diagnostics.Metrics;
using System.Numerics;

namespace Hosting.Metrics;

/// <summary>
/// Selects the bucket bounds of a histogram: the instrument's own advice, or OpenTelemetry's defaults for seconds
/// (https://opentelemetry.io/docs/specs/semconv/http/http-metrics) and for any other unit
/// (https://opentelemetry.io/docs/specs/otel/metrics/sdk/#explicit-bucket-histogram-aggregation).
/// </summary>
internal static class HistogramBuckets
{
    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private static readonly double[] Unitless = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

    public static double[] SelectBounds(Instrument instrument) =>
        ReadAdvice(instrument) ?? (instrument.Unit == "s" ? Seconds : Unitless);

    private static double[]? ReadAdvice(Instrument instrument) => instrument switch
    {
        Histogram<double> histogram => ConvertBounds(histogram),
        Histogram<float> histogram => ConvertBounds(histogram),
        Histogram<long> histogram => ConvertBounds(histogram),
        Histogram<int> histogram => ConvertBounds(histogram),
        Histogram<short> histogram => ConvertBounds(histogram),
        Histogram<byte> histogram => ConvertBounds(histogram),
        Histogram<decimal> histogram => ConvertBounds(histogram),
        _ => null,
    };

    private static double[]? ConvertBounds<T>(Histogram<T> histogram)
        where T : struct, INumber<T> =>
        histogram.Advice?.HistogramBucketBoundaries is { Count: > 0 } bounds ? [.. bounds.Select(double.CreateSaturating)] : null;
}
