using System.Buffers;
using System.Text;
using System.Text.Json;
using MetricsRelay.Exposition;
using MetricsRelay.Merging;
using MetricsRelay.Scraping;

namespace MetricsRelay.Page;

/// <summary>Writes the data of the page as JSON.</summary>
internal sealed class PageDataWriter(
    Scraper scraper, TrafficHistory history, Problems problems, IEnumerable<IScrapeForwarder> forwarders, TimeProvider time)
{
    private const int MaxFamilies = 300;
    private const int MaxSeries = 200;

    /// <param name="output">Receives the JSON.</param>
    /// <param name="since">Only chart points after this moment are included, milliseconds since 1970.</param>
    /// <param name="search">Only families with all of these words in their name or help text are included.</param>
    /// <param name="expanded">The names of the families whose series are included.</param>
    public void WriteJson(IBufferWriter<byte> output, long since, string search, IReadOnlySet<string> expanded)
    {
        var targetSet = scraper.TargetSet;
        var merged = targetSet.LeaseMerged();
        try
        {
            using var json = new Utf8JsonWriter(output);
            json.WriteStartObject();
            json.WriteNumber("now", time.GetUtcNow().ToUnixTimeMilliseconds());
            json.WriteNumber("history_seconds", TrafficHistory.Length.TotalSeconds);
            json.WriteStartObject("labels");
            foreach (var (name, value) in targetSet.Configuration.ExternalLabels)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            WriteTargets(json, targetSet);
            WriteTraffic(json, since);
            WriteForwarders(json);
            WriteProblems(json);
            WriteFamilies(json, merged.Families, search, expanded);
            json.WriteEndObject();
        }
        finally
        {
            merged.ReleaseLease();
        }
    }

    private static void WriteTargets(Utf8JsonWriter json, TargetSet targetSet)
    {
        json.WriteStartArray("targets");
        foreach (var target in targetSet.Targets)
        {
            var last = target.LastResult;
            json.WriteStartObject();
            json.WriteString("name", target.Name);
            json.WriteString("url", target.Url.ToString());
            json.WriteBoolean("up", last?.IsUp ?? false);
            json.WriteNumber("since", last is null ? 0 : target.StateSince.ToUnixTimeMilliseconds());
            json.WriteNumber("milliseconds", last?.Duration.TotalMilliseconds ?? 0);
            json.WriteNumber("samples", last?.Samples ?? 0);
            json.WriteNumber("bytes", last?.Bytes ?? 0);
            json.WriteString("error", last is null ? "not scraped yet" : last.Error);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteTraffic(Utf8JsonWriter json, long since)
    {
        json.WriteStartObject("traffic");
        var sources = history.Sources;
        json.WriteString("requests", sources.Requests);
        json.WriteString("latency", sources.Latency);
        json.WriteString("in_flight", sources.InFlight);
        json.WriteStartArray("points");
        foreach (var point in history.GetPointsAfter(since))
        {
            json.WriteStartArray();
            json.WriteNumberValue(point.Time);
            ReadOnlySpan<double> values =
                [point.RequestRate, point.ErrorShare, point.P50, point.P90, point.P99, point.InFlight];
            foreach (var value in values)
            {
                if (double.IsFinite(value))
                {
                    json.WriteNumberValue(value);
                }
                else
                {
                    json.WriteNullValue();
                }
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteForwarders(Utf8JsonWriter json)
    {
        json.WriteStartArray("forwarders");
        foreach (var forwarder in forwarders.OfType<IStatusSection>())
        {
            json.WriteStartObject();
            json.WriteString("name", forwarder.Name);
            json.WritePropertyName("status");
            forwarder.DescribeStatus().WriteTo(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteProblems(Utf8JsonWriter json)
    {
        json.WriteStartArray("problems");
        foreach (var problem in problems.Open)
        {
            json.WriteStartObject();
            json.WriteString("area", problem.Area);
            json.WriteString("what", problem.What);
            json.WriteString("remedy", problem.Remedy);
            json.WriteNumber("since", problem.Since.ToUnixTimeMilliseconds());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFamilies(
        Utf8JsonWriter json, IReadOnlyList<MergedFamily> families, string search, IReadOnlySet<string> expanded)
    {
        var words = search.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var matches = families.Where(MatchesSearch).OrderBy(family => family.Name, StringComparer.Ordinal).ToList();
        json.WriteNumber("families_total", families.Count);
        json.WriteNumber("families_matched", matches.Count);
        json.WriteNumber("series_total", families.Sum(family => family.SampleCount));
        json.WriteStartArray("families");
        foreach (var family in matches.Take(MaxFamilies))
        {
            var count = family.SampleCount;
            json.WriteStartObject();
            json.WriteString("name", family.Name);
            json.WriteString("type", MetricTypeNames.GetOpenMetricsName(family.Type));
            json.WriteString("help", family.Help);
            json.WriteString("unit", family.Unit);
            json.WriteNumber("count", count);
            if (count == 1 || expanded.Contains(family.Name))
            {
                WriteSeries(json, family);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();

        bool MatchesSearch(MergedFamily family) => words.All(word =>
            family.Name.Contains(word, StringComparison.OrdinalIgnoreCase)
            || Encoding.UTF8.GetString(family.Help).Contains(word, StringComparison.OrdinalIgnoreCase));
    }

    private static void WriteSeries(Utf8JsonWriter json, MergedFamily family)
    {
        Span<byte> number = stackalloc byte[NumberText.MaxLength];
        json.WriteStartArray("series");
        var remaining = MaxSeries;
        foreach (var segment in family.Segments)
        {
            var catalog = segment.Buffer.Catalog;
            foreach (ref readonly var sample in segment.Samples[..Math.Min(remaining, segment.Count)])
            {
                json.WriteStartArray();
                json.WriteStringValue(catalog.Outputs.GetText(in catalog.Series[sample.SeriesId]));
                // As text, exactly as it is exposed, because JavaScript would round some values.
                json.WriteStringValue(number[..NumberText.FormatValue(sample.Value, number)]);
                json.WriteEndArray();
            }

            remaining -= Math.Min(remaining, segment.Count);
        }

        json.WriteEndArray();
    }
}
