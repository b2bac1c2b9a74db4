using System.Text;

namespace MetricsRelay.Exposition;

/// <summary>
/// A metric family as its target declares it. Its <see cref="TextName"/> is what it goes by throughout the relay: the
/// name that it has in the text format, which says more (<c>requests_total</c>) than OpenMetrics' (<c>requests</c>).
/// </summary>
internal sealed class Family
{
    public Family(string name, MetricType type, ExpositionFormat format)
    {
        Name = name;
        Type = type;
        Format = format;
        TextName = (format, type) switch
        {
            (ExpositionFormat.OpenMetrics, MetricType.Counter) => name + "_total",
            (ExpositionFormat.OpenMetrics, MetricType.Info) => name + "_info",
            _ => name,
        };
        NameBytes = Encoding.UTF8.GetBytes(name);
        TextClaims = [TextName, .. Suffixes(format, type).Select(suffix => name + suffix).Where(n => n != TextName)];
    }

    /// <summary>The name as declared.</summary>
    public string Name { get; }

    public byte[] NameBytes { get; }

    public MetricType Type { get; }

    /// <summary>The format that it was declared in.</summary>
    public ExpositionFormat Format { get; }

    public string TextName { get; }

    /// <summary>The sample names that it takes in the text format; no other family there may use them.</summary>
    public IReadOnlyList<string> TextClaims { get; }

    /// <summary>The help text, unescaped; empty when there is none.</summary>
    public byte[] Help { get; set; } = [];

    /// <summary>The unit, empty when there is none.</summary>
    public byte[] Unit { get; set; } = [];

    /// <summary>Numbers of the sample names that no other family of the same exposition may use.</summary>
    public int[] Claims { get; set; } = [];

    /// <summary>The suffixes of the sample names that belong to a family of a type.</summary>
    public static string[] Suffixes(ExpositionFormat format, MetricType type) => (format, type) switch
    {
        (ExpositionFormat.OpenMetrics, MetricType.Counter) => ["_total", "_created"],
        (ExpositionFormat.OpenMetrics, MetricType.Histogram) => ["_bucket", "_count", "_sum", "_created"],
        (ExpositionFormat.OpenMetrics, MetricType.GaugeHistogram) => ["_bucket", "_gcount", "_gsum"],
        (ExpositionFormat.OpenMetrics, MetricType.Summary) => ["_count", "_sum", "_created"],
        (ExpositionFormat.OpenMetrics, MetricType.Info) => ["_info"],
        (ExpositionFormat.Text, MetricType.Histogram) => ["_bucket", "_count", "_sum"],
        (ExpositionFormat.Text, MetricType.Summary) => ["_count", "_sum"],
        _ => [],
    };

    /// <summary>Says what a sample name is to this family.</summary>
    /// <returns>Whether it belongs to it.</returns>
    public bool TryClassify(ReadOnlySpan<byte> sampleName, out SampleKind kind)
    {
        kind = SampleKind.Value;
        if (!sampleName.StartsWith(NameBytes))
        {
            return false;
        }

        var suffix = sampleName[NameBytes.Length..];
        if (suffix.IsEmpty)
        {
            kind = Type switch
            {
                MetricType.Summary => SampleKind.Quantile,
                MetricType.StateSet => SampleKind.State,
                MetricType.Counter => SampleKind.Total,
                _ => SampleKind.Value,
            };
            return Type is not (MetricType.Histogram or MetricType.GaugeHistogram or MetricType.Info)
                && (Format == ExpositionFormat.Text || Type != MetricType.Counter);
        }

        foreach (var candidate in Suffixes(Format, Type))
        {
            if (Ascii.Equals(suffix, candidate))
            {
                kind = candidate switch
                {
                    "_total" => SampleKind.Total,
                    "_created" => SampleKind.Created,
                    "_bucket" => SampleKind.Bucket,
                    "_count" => SampleKind.Count,
                    "_sum" => SampleKind.Sum,
                    "_gcount" => SampleKind.GaugeCount,
                    "_gsum" => SampleKind.GaugeSum,
                    _ => SampleKind.Info,
                };
                return true;
            }
        }

        return false;
    }
}
