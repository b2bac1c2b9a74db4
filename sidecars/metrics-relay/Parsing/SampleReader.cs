using MetricsRelay.Exposition;

namespace MetricsRelay.Parsing;

/// <summary>Reads the lines with a value: <c>series value [timestamp] [exemplar]</c>.</summary>
internal sealed class SampleReader(FamilyTracker families, MetricPointTracker points)
{
    private readonly SeriesReader _series = new(families);
    private SeriesCatalog _catalog = null!;
    private ScrapeBuffer _buffer = null!;
    private int _maxSamples;

    /// <summary>The number of samples, including dropped ones.</summary>
    public int SampleCount { get; private set; }

    /// <summary>The number of samples that relabel rules dropped or made equal to another one.</summary>
    public int DroppedCount { get; private set; }

    public void BeginScrape(SeriesCatalog catalog, ScrapeBuffer buffer, int maxSamples)
    {
        (_catalog, _buffer, _maxSamples) = (catalog, buffer, maxSamples);
        SampleCount = DroppedCount = 0;
        _series.BeginScrape(catalog);
    }

    public void ReadSample(in ExpositionLine line, int start)
    {
        if (SampleCount == _maxSamples)
        {
            throw new SampleLimitException(_maxSamples);
        }

        SampleCount++;
        families.OpenPendingFamily();
        var textId = _series.ReadSeries(in line, start, out var end);
        var text = line.Text;
        var seriesId = _catalog.TextLinks[textId].SeriesId;
        ref var series = ref _catalog.Series[seriesId];
        var valueStart = line.ReadSeparator(end, "a value");
        var valueEnd = line.FindTokenEnd(valueStart);
        if (!NumberText.TryParseValue(text[valueStart..valueEnd], out var value))
        {
            throw line.CreateError(valueStart, valueStart == valueEnd
                ? "the value is missing"
                : $"'{ExpositionLine.QuoteExcerpt(text[valueStart..valueEnd])}' is not a number");
        }

        var extrasIndex = -1;
        var seconds = double.NaN;
        if (valueEnd < text.Length)
        {
            extrasIndex = _buffer.AddExtras(line.IsOpenMetrics
                ? ReadOpenMetricsExtras(in line, valueEnd, in series, ref seconds)
                : ReadTextExtras(in line, valueEnd, ref seconds));
        }

        points.AddSample(in line, new ParsedSample(seriesId, textId, start, valueStart, value, seconds), ref series, families.Current);
        if (series.Output is null || (_catalog.Outputs.MayMergeSeries && _catalog.Outputs.IsDuplicate(seriesId, _catalog.ScrapeNumber)))
        {
            DroppedCount++;
            families.Current.HasDroppedSamples = true;
            return;
        }

        _buffer.AddSample(new Sample { SeriesId = seriesId, ExtrasIndex = extrasIndex, Value = value });
    }

    private static SampleExtras ReadTextExtras(in ExpositionLine line, int at, ref double seconds)
    {
        var start = line.ReadSeparator(at, "a timestamp");
        if (start == line.Text.Length)
        {
            return SampleExtras.None;
        }

        var end = line.FindTokenEnd(start);
        if (!NumberText.TryParseInteger(line.Text[start..end], out var timestamp))
        {
            throw line.CreateError(
                start, $"'{ExpositionLine.QuoteExcerpt(line.Text[start..end])}' is not a timestamp in whole milliseconds");
        }

        if (line.SkipBlanks(end) < line.Text.Length)
        {
            throw line.CreateError(line.SkipBlanks(end), "nothing may follow the timestamp");
        }

        seconds = timestamp / 1000.0;
        return new SampleExtras(timestamp, -1);
    }

    private SampleExtras ReadOpenMetricsExtras(in ExpositionLine line, int at, in Series series, ref double seconds)
    {
        var timestamp = Sample.NoTimestamp;
        var start = line.ReadSeparator(at, "a timestamp");
        if (start == line.Text.Length || line.Text[start] != '#')
        {
            var end = line.FindTokenEnd(start);
            if (!NumberText.TryParseReal(line.Text[start..end], out seconds) || Math.Abs(seconds * 1000) > long.MaxValue)
            {
                throw line.CreateError(start, $"'{ExpositionLine.QuoteExcerpt(line.Text[start..end])}' is not a timestamp in seconds");
            }

            timestamp = (long)Math.Round(seconds * 1000);
            if (end == line.Text.Length)
            {
                return new SampleExtras(timestamp, -1);
            }

            start = line.ReadSeparator(end, "an exemplar");
        }

        return new SampleExtras(timestamp, _buffer.AddExemplar(ExemplarReader.ReadExemplar(in line, start, in series)));
    }
}
