using System.Text;

namespace MetricsRelay.Exposition;

/// <summary>
/// A metric family as its target declares it. The relay identifies it by <see cref="TextName"/>, its name in the text format, because
/// that name carries more information (<c>requests_total</c>) than the one of OpenMetrics (<c>requests</c>).
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
        ReservedTextNames = [TextName, .. GetSuffixes(format, type).Select(suffix => name + suffix).Where(n => n != TextName)];
    }

    /// <summary>The declared name.</summary>
    public string Name { get; }

    public byte[] NameBytes { get; }

    public MetricType Type { get; }

    /// <summary>The format of the declaration.</summary>
    public ExpositionFormat Format { get; }

    public string TextName { get; }

    /// <summary>The names of its samples in the text format. No other family may use them there.</summary>
    public IReadOnlyList<string> ReservedTextNames { get; }

    /// <summary>The unescaped help text, or empty.</summary>
    public byte[] Help { get; set; } = [];

    /// <summary>The unit, or empty.</summary>
    public byte[] Unit { get; set; } = [];

    /// <summary>The ids of the sample names that no other family of the same exposition may use.</summary>
    public int[] ReservedNameIds { get; set; } = [];

    /// <summary>The suffixes of sample names that belong to a family of a type.</summary>
    public static string[] GetSuffixes(ExpositionFormat format, MetricType type) => (format, type) switch
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

    /// <summary>Determines which part of this family a sample name stands for.</summary>
    /// <returns>False when the name does not belong to this family.</returns>
    public bool TryClassifySample(ReadOnlySpan<byte> sampleName, out SampleKind kind)
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

        foreach (var candidate in GetSuffixes(Format, Type))
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
