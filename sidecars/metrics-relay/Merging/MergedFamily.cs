using MetricsRelay.Exposition;

namespace MetricsRelay.Merging;

/// <summary>A family with the samples of all targets that expose it.</summary>
internal sealed class MergedFamily(string name, MetricType type, byte[] help, byte[] unit, FamilyTraits traits)
{
    /// <summary>The name in the text format.</summary>
    public string Name { get; } = name;

    public MetricType Type { get; private set; } = type;

    public byte[] Help { get; private set; } = help;

    public byte[] Unit { get; private set; } = unit;

    /// <summary>Properties that prevent writing the samples in one of the formats unchanged.</summary>
    public FamilyTraits Traits { get; private set; } = traits;

    /// <summary>The samples, in the order of the targets.</summary>
    public List<MergedSegment> Segments { get; } = [];

    public int SampleCount => Segments.Sum(segment => segment.Count);

    /// <summary>The name without the suffix that OpenMetrics omits.</summary>
    public string BaseName => Type switch
    {
        MetricType.Counter when Name.EndsWith("_total", StringComparison.Ordinal) => Name[..^"_total".Length],
        MetricType.Info when Name.EndsWith("_info", StringComparison.Ordinal) => Name[..^"_info".Length],
        _ => Name,
    };

    /// <summary>Adds the samples of a target.</summary>
    /// <returns>False when the type differs; then nothing is added.</returns>
    public bool TryAddSamples(ScrapeBuffer buffer, in FamilySpan span)
    {
        if (span.Family.Type != Type)
        {
            if (MetricTypeNames.GetTextName(span.Family.Type) != MetricTypeNames.GetTextName(Type))
            {
                return false;
            }

            // An info and a gauge have the same type in the text format, so together they are a gauge.
            Type = MetricType.Gauge;
            Unit = [];
        }

        if (Help.Length == 0)
        {
            Help = span.Family.Help;
        }

        Traits |= span.Traits;
        Segments.Add(new MergedSegment(buffer, span.Start, span.Count));
        return true;
    }
}
