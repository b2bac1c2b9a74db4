namespace MetricsRelay.Exposition;

/// <content>What the values of a metric must obey by its type.</content>
internal sealed partial class ExpositionParser
{
    private void CheckSample(
        ReadOnlySpan<byte> line, int start, int valueAt, ref Series series, int seriesId, double value, double seconds)
    {
        if (series.Group < 0)
        {
            CheckSingle(line, start, valueAt, ref series, seriesId, value, seconds);
            return;
        }

        ref var group = ref _catalog.Groups[series.Group];
        if (group.Scrape != _catalog.Scrape)
        {
            group.Scrape = _catalog.Scrape;
            group.Order = _groupOrder++;
            BeginPoint(ref group, seconds);
            _touched.Add(series.Group);
        }
        else if (_strict && series.Group != _currentGroup)
        {
            throw Error(line, start, $"the samples of two metrics of '{_family!.Name}' are mixed");
        }
        else if (_strict && !group.Timestamp.Equals(seconds))
        {
            CheckLater(line, start, group.Timestamp, seconds);
            EndPoint(ref group);
            BeginPoint(ref group, seconds);
        }

        else if (!group.Timestamp.Equals(seconds))
        {
            // The text format stamps each sample by itself.
            _traits |= FamilyTraits.BreaksOpenMetrics;
        }

        if (series.Output is not null || !MayBeMissing(in series))
        {
            group.IsTorn |= group.HasOutput && !ReferenceEquals(group.Output, series.Output);
            group.HasOutput = true;
            group.Output = series.Output;
        }

        if (series.Point == group.Point)
        {
            throw Error(line, start, $"the series '{Show(_catalog.Texts[_previousText])}' occurs twice");
        }

        series.Point = group.Point;
        group.Line = _line;
        _currentGroup = series.Group;
        CheckPart(line, start, valueAt, in series, ref group, value);
    }

    // A gauge or a value of unknown meaning: each series is a metric of its own.
    private void CheckSingle(
        ReadOnlySpan<byte> line, int start, int valueAt, ref Series series, int seriesId, double value, double seconds)
    {
        // Rises once a scrape; negative, so that it is never the number of a metric point.
        var scrape = -_catalog.Scrape;
        if (series.Point == scrape)
        {
            if (!_strict || seriesId != _previousSeries)
            {
                throw Error(line, start, $"the series '{Show(_catalog.Texts[_previousText])}' occurs twice");
            }

            CheckLater(line, start, _previousTimestamp, seconds);
        }

        series.Point = scrape;
        if (series.Kind == SampleKind.Info && value != 1)
        {
            throw Error(line, valueAt, "the value of an info must be 1");
        }
    }

    private void CheckLater(ReadOnlySpan<byte> line, int start, double previous, double seconds)
    {
        if (double.IsNaN(previous) != double.IsNaN(seconds))
        {
            throw Error(line, start, "a metric has either timestamps throughout or none");
        }

        _traits |= FamilyTraits.ManyPoints;
        if (!(seconds > previous))
        {
            throw Error(line, start, double.IsNaN(seconds)
                ? $"the series '{Show(_catalog.Texts[_previousText])}' occurs twice"
                : "the timestamps of a metric must rise");
        }
    }

    private void CheckPart(
        ReadOnlySpan<byte> line, int start, int valueAt, in Series series, ref MetricGroup group, double value)
    {
        switch (series.Kind)
        {
            case SampleKind.Total:
                group.HasTotal = true;
                Require(line, valueAt, value >= 0, "a counter must be neither NaN nor negative");
                // Without the suffix it cannot be a counter in OpenMetrics.
                if (!_strict && !_family!.Name.EndsWith("_total", StringComparison.Ordinal))
                {
                    _traits |= FamilyTraits.BreaksOpenMetrics;
                }

                break;
            case SampleKind.Bucket:
                if (group.HasBucket && !(series.Bound > group.Bound))
                {
                    throw Error(line, start, "the buckets of a histogram must stand in rising order of 'le'");
                }

                Require(line, valueAt, IsCount(value), "a bucket must be a whole number, neither NaN nor negative");
                if (group.HasBucket && !(value >= group.BucketValue))
                {
                    Require(line, valueAt, false, "the buckets of a histogram must be cumulative");
                    _traits |= FamilyTraits.FallingBuckets;
                }

                group.HasBucket = true;
                group.HasNegativeBound |= series.Bound < 0;
                group.Bound = series.Bound;
                group.BucketValue = value;
                if (double.IsPositiveInfinity(series.Bound))
                {
                    group.HasInfinity = true;
                    group.Infinity = value;
                }

                break;
            case SampleKind.Quantile:
                if (group.HasQuantile && !(series.Bound > group.Bound))
                {
                    _traits |= _strict
                        ? FamilyTraits.BreaksText
                        : throw Error(line, start, "the quantiles of a summary must stand in rising order of 'quantile'");
                }

                group.HasQuantile = true;
                group.Bound = series.Bound;
                Require(line, valueAt, !(value < 0), "the value of a quantile must not be negative");
                break;
            case SampleKind.State:
                Require(line, valueAt, value is 0 or 1, "the value of a state must be 0 or 1");
                break;
            case SampleKind.Count or SampleKind.GaugeCount:
                group.HasCount = true;
                group.Count = value;
                Require(line, valueAt, IsCount(value), "a count must be a whole number, neither NaN nor negative");
                break;
            case SampleKind.Sum:
                group.HasSum = true;
                group.Sum = value;
                Require(line, valueAt, value >= 0, "a sum must be neither NaN nor negative");
                break;
            case SampleKind.GaugeSum:
                group.HasSum = true;
                group.Sum = value;
                Require(line, valueAt, !double.IsNaN(value), "a sum must not be NaN");
                break;
            case SampleKind.Created:
                Require(line, valueAt, value >= 0, "a creation time must be neither NaN nor negative");
                break;
        }
    }

    private void BeginPoint(ref MetricGroup group, double seconds)
    {
        group = new MetricGroup
        {
            Scrape = group.Scrape,
            Order = group.Order,
            Point = ++_catalog.Point,
            Timestamp = seconds,
        };
    }

    private void EndPoint(ref MetricGroup group)
    {
        if (group.IsTorn)
        {
            // Rules that drop or rename a part of a histogram leave something that is none.
            _traits |= FamilyTraits.BreaksOpenMetrics | FamilyTraits.BreaksText;
        }

        switch (_family!.Type)
        {
            case MetricType.Counter when !group.HasTotal:
                throw new ExpositionException(group.Line, 1, $"the counter '{_family.Name}' has no sample '_total'");
            case MetricType.Histogram or MetricType.GaugeHistogram:
                EndHistogram(in group);
                break;
        }
    }

    private void EndHistogram(in MetricGroup group)
    {
        if (!group.HasInfinity)
        {
            throw new ExpositionException(group.Line, 1, $"a metric of '{_family!.Name}' has no bucket le=\"+Inf\"");
        }

        if (group.HasCount ? !group.Count.Equals(group.Infinity) : !_strict)
        {
            throw new ExpositionException(group.Line, 1, group.HasCount
                ? $"the count of '{_family!.Name}' ({group.Count}) differs from its bucket le=\"+Inf\" ({group.Infinity})"
                : $"a metric of '{_family!.Name}' has no sample '_count'");
        }

        if (!group.HasCount)
        {
            _traits |= FamilyTraits.BreaksText;
        }

        RequireAtEnd(in group, group.HasSum == group.HasCount, "must have both a sum and a count, or neither");
        if (_family!.Type == MetricType.Histogram)
        {
            RequireAtEnd(in group, !group.HasSum || !group.HasNegativeBound, "has a negative bucket, so it has no sum");
        }
        else
        {
            RequireAtEnd(in group, !group.HasSum || group.Sum >= 0 || group.HasNegativeBound,
                "has a negative sum without a negative bucket");
        }
    }

    // A rule of OpenMetrics. The text format does not have it, but then the family is no such type in OpenMetrics.
    private void Require(ReadOnlySpan<byte> line, int at, bool holds, string message)
    {
        if (!holds)
        {
            _traits |= _strict ? throw Error(line, at, message) : FamilyTraits.BreaksOpenMetrics;
        }
    }

    private void RequireAtEnd(in MetricGroup group, bool holds, string message)
    {
        if (!holds)
        {
            _traits |= _strict
                ? throw new ExpositionException(group.Line, 1, $"a metric of '{_family!.Name}' {message}")
                : FamilyTraits.BreaksOpenMetrics;
        }
    }

    // What a metric remains valid without.
    private static bool MayBeMissing(in Series series) => series.Kind switch
    {
        SampleKind.Bucket => double.IsFinite(series.Bound),
        SampleKind.Quantile or SampleKind.State or SampleKind.Created => true,
        _ => false,
    };

    private static bool IsCount(double value) => value >= 0 && Math.Floor(value).Equals(value);
}
