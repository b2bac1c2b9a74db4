using System.Runtime.CompilerServices;
using MetricsRelay.Exposition;

namespace MetricsRelay.Parsing;

/// <summary>
/// The rules for the values of a metric point by type. A violation of a rule that only OpenMetrics has rejects an OpenMetrics
/// exposition. In the text format it is recorded in the traits of the family instead, because the family then cannot keep its type
/// in OpenMetrics.
/// </summary>
internal static class MetricPointRules
{
    public static void CheckSample(
        in ExpositionLine line, in ParsedSample sample, in Series series, ref MetricState metric, OpenFamily family)
    {
        var value = sample.Value;
        switch (series.Kind)
        {
            case SampleKind.Total:
                metric.HasTotal = true;
                RequireOpenMetricsRule(in line, in sample, family, value >= 0, "a counter must be neither NaN nor negative");
                // Without this suffix the family cannot be a counter in OpenMetrics.
                if (!line.IsOpenMetrics && !family.Family!.Name.EndsWith("_total", StringComparison.Ordinal))
                {
                    family.Traits |= FamilyTraits.BreaksOpenMetrics;
                }

                break;
            case SampleKind.Bucket:
                CheckBucket(in line, in sample, in series, ref metric, family);
                break;
            case SampleKind.Quantile:
                if (metric.HasQuantile && !(series.Bound > metric.LastBound))
                {
                    family.Traits |= line.IsOpenMetrics
                        ? FamilyTraits.BreaksText
                        : throw line.CreateError(sample.Start, "the quantiles of a summary must be in ascending order of 'quantile'");
                }

                metric.HasQuantile = true;
                metric.LastBound = series.Bound;
                RequireOpenMetricsRule(in line, in sample, family, !(value < 0), "the value of a quantile must not be negative");
                break;
            case SampleKind.State:
                RequireOpenMetricsRule(in line, in sample, family, value is 0 or 1, "the value of a state must be 0 or 1");
                break;
            case SampleKind.Count or SampleKind.GaugeCount:
                metric.HasCount = true;
                metric.Count = value;
                RequireOpenMetricsRule(
                    in line, in sample, family, IsCount(value), "a count must be a whole number, neither NaN nor negative");
                break;
            case SampleKind.Sum:
                metric.HasSum = true;
                metric.Sum = value;
                RequireOpenMetricsRule(in line, in sample, family, value >= 0, "a sum must be neither NaN nor negative");
                break;
            case SampleKind.GaugeSum:
                metric.HasSum = true;
                metric.Sum = value;
                RequireOpenMetricsRule(in line, in sample, family, !double.IsNaN(value), "a sum must not be NaN");
                break;
            case SampleKind.Created:
                RequireOpenMetricsRule(in line, in sample, family, value >= 0, "a creation time must be neither NaN nor negative");
                break;
        }
    }

    /// <summary>Checks the rules that apply once all samples of a point are known.</summary>
    public static void CheckCompletePoint(in MetricState metric, OpenFamily family)
    {
        if (metric.IsSplit)
        {
            // Relabel rules that drop or rename parts of a histogram leave something that is not a histogram.
            family.Traits |= FamilyTraits.BreaksOpenMetrics | FamilyTraits.BreaksText;
        }

        switch (family.Family!.Type)
        {
            case MetricType.Counter when !metric.HasTotal:
                throw new ExpositionFormatException(metric.LastLine, 1, $"the counter '{family.Family.Name}' has no sample '_total'");
            case MetricType.Histogram or MetricType.GaugeHistogram:
                CheckCompleteHistogram(in metric, family);
                break;
        }
    }

    /// <summary>Whether a metric remains valid without this part.</summary>
    public static bool IsOptionalPart(in Series series) => series.Kind switch
    {
        SampleKind.Bucket => double.IsFinite(series.Bound),
        SampleKind.Quantile or SampleKind.State or SampleKind.Created => true,
        _ => false,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CheckBucket(
        in ExpositionLine line, in ParsedSample sample, in Series series, ref MetricState metric, OpenFamily family)
    {
        var value = sample.Value;
        if (metric.HasBucket && !(series.Bound > metric.LastBound))
        {
            throw line.CreateError(sample.Start, "the buckets of a histogram must be in ascending order of 'le'");
        }

        RequireOpenMetricsRule(in line, in sample, family, IsCount(value), "a bucket must be a whole number, neither NaN nor negative");
        if (metric.HasBucket && !(value >= metric.LastBucketValue))
        {
            RequireOpenMetricsRule(in line, in sample, family, false, "the buckets of a histogram must be cumulative");
            family.Traits |= FamilyTraits.FallingBuckets;
        }

        metric.HasBucket = true;
        metric.HasNegativeBound |= series.Bound < 0;
        metric.LastBound = series.Bound;
        metric.LastBucketValue = value;
        if (double.IsPositiveInfinity(series.Bound))
        {
            metric.HasInfinityBucket = true;
            metric.InfinityBucketValue = value;
        }
    }

    private static void CheckCompleteHistogram(in MetricState metric, OpenFamily family)
    {
        var name = family.Family!.Name;
        var isOpenMetrics = family.Family.Format == ExpositionFormat.OpenMetrics;
        if (!metric.HasInfinityBucket)
        {
            throw new ExpositionFormatException(metric.LastLine, 1, $"a metric of '{name}' has no bucket le=\"+Inf\"");
        }

        if (metric.HasCount ? !metric.Count.Equals(metric.InfinityBucketValue) : !isOpenMetrics)
        {
            throw new ExpositionFormatException(metric.LastLine, 1, metric.HasCount
                ? $"the count of '{name}' ({metric.Count}) differs from its bucket le=\"+Inf\" ({metric.InfinityBucketValue})"
                : $"a metric of '{name}' has no sample '_count'");
        }

        if (!metric.HasCount)
        {
            family.Traits |= FamilyTraits.BreaksText;
        }

        RequireOpenMetricsRule(in metric, family, metric.HasSum == metric.HasCount, "must have both a sum and a count, or neither");
        if (family.Family.Type == MetricType.Histogram)
        {
            RequireOpenMetricsRule(
                in metric, family, !metric.HasSum || !metric.HasNegativeBound, "has a negative bucket and therefore must not have a sum");
        }
        else
        {
            RequireOpenMetricsRule(
                in metric, family, !metric.HasSum || metric.Sum >= 0 || metric.HasNegativeBound,
                "has a negative sum without a negative bucket");
        }
    }

    private static void RequireOpenMetricsRule(in ExpositionLine line, in ParsedSample sample, OpenFamily family, bool holds, string rule)
    {
        if (!holds)
        {
            family.Traits |= line.IsOpenMetrics ? throw line.CreateError(sample.ValueStart, rule) : FamilyTraits.BreaksOpenMetrics;
        }
    }

    private static void RequireOpenMetricsRule(in MetricState metric, OpenFamily family, bool holds, string rule)
    {
        if (!holds)
        {
            family.Traits |= family.Family!.Format == ExpositionFormat.OpenMetrics
                ? throw new ExpositionFormatException(metric.LastLine, 1, $"a metric of '{family.Family.Name}' {rule}")
                : FamilyTraits.BreaksOpenMetrics;
        }
    }

    private static bool IsCount(double value) => value >= 0 && Math.Floor(value).Equals(value);
}
