using System.Buffers;
using System.Text;
using System.Text.Json;
using MetricsRelay.Exposition;
using MetricsRelay.Forward;
using MetricsRelay.Merge;
using MetricsRelay.Scrape;

namespace MetricsRelay.Page;

/// <summary>What the page shows, as JSON; all of it of one moment.</summary>
internal sealed class PageData(
    Scraper scraper, TrafficHistory history, MetricsRelayOptions options, Problems problems,
    IEnumerable<IForwarder> forwarders, TimeProvider time)
{
    private const int MaxFamilies = 300;
    private const int MaxSeries = 200;

    /// <summary>Writes it.</summary>
    /// <param name="output">Takes the JSON.</param>
    /// <param name="since">Points of the charts are those after this moment, milliseconds since 1970.</param>
    /// <param name="search">Families are those that have all of these words in their names or help texts.</param>
    /// <param name="open">Names of the families whose series are wanted too.</param>
    public void Write(IBufferWriter<byte> output, long since, string search, IReadOnlySet<string> open)
    {
        var merged = scraper.Board.Lease();
        try
        {
            using var json = new Utf8JsonWriter(output);
            json.WriteStartObject();
            json.WriteNumber("now", time.GetUtcNow().ToUnixTimeMilliseconds());
            json.WriteNumber("history_seconds", TrafficHistory.Length.TotalSeconds);
            json.WriteStartObject("labels");
            foreach (var (name, value) in options.ExternalLabels)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            WriteTargets(json);
            WriteTraffic(json, since);
            WriteForwarders(json);
            WriteProblems(json);
            WriteFamilies(json, merged.Families, search, open);
            json.WriteEndObject();
        }
        finally
        {
            merged.Release();
        }
    }

    private void WriteTargets(Utf8JsonWriter json)
    {
        json.WriteStartArray("targets");
        foreach (var target in scraper.Board.Targets)
        {
            var last = target.Last;
            json.WriteStartObject();
            json.WriteString("name", target.Name);
            json.WriteString("url", target.Url.ToString());
            json.WriteBoolean("up", last?.Up ?? false);
            json.WriteNumber("since", last is null ? 0 : target.Since.ToUnixTimeMilliseconds());
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
        foreach (var point in history.Since(since))
        {
            json.WriteStartArray();
            json.WriteNumberValue(point.At);
            foreach (var value in (ReadOnlySpan<double>)[point.Rate, point.ErrorShare, point.P50, point.P90, point.P99, point.InFlight])
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
        Utf8JsonWriter json, IReadOnlyList<MergedFamily> families, string search, IReadOnlySet<string> open)
    {
        var words = search.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var matches = families.Where(Matches).OrderBy(f => f.Name, StringComparer.Ordinal).ToList();
        json.WriteNumber("families_total", families.Count);
        json.WriteNumber("families_matched", matches.Count);
        json.WriteNumber("series_total", families.Sum(f => f.Parts.Sum(p => p.Count)));
        json.WriteStartArray("families");
        foreach (var family in matches.Take(MaxFamilies))
        {
            var count = family.Parts.Sum(p => p.Count);
            json.WriteStartObject();
            json.WriteString("name", family.Name);
            json.WriteString("type", ExpositionParser.TypeName(family.Type));
            json.WriteString("help", family.Help);
            json.WriteString("unit", family.Unit);
            json.WriteNumber("count", count);
            if (count == 1 || open.Contains(family.Name))
            {
                WriteSeries(json, family);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();

        bool Matches(MergedFamily family) => words.All(word =>
            family.Name.Contains(word, StringComparison.OrdinalIgnoreCase)
            || Encoding.UTF8.GetString(family.Help).Contains(word, StringComparison.OrdinalIgnoreCase));
    }

    private static void WriteSeries(Utf8JsonWriter json, MergedFamily family)
    {
        Span<byte> number = stackalloc byte[Number.MaxLength];
        json.WriteStartArray("series");
        var left = MaxSeries;
        foreach (var part in family.Parts)
        {
            foreach (ref readonly var sample in part.Samples[..Math.Min(left, part.Count)])
            {
                json.WriteStartArray();
                json.WriteStringValue(part.Snapshot.Catalog.OutputText(in part.Snapshot.Catalog.Series[sample.Series]));
                // As text, just as it is exposed: no reader's arithmetic is between the target and the person.
                json.WriteStringValue(number[..Number.Format(sample.Value, number)]);
                json.WriteEndArray();
            }

            left -= Math.Min(left, part.Count);
        }

        json.WriteEndArray();
    }
}
