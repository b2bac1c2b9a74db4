using MetricsRelay.Exposition;

namespace MetricsRelay.Merge;

/// <summary>A family with the samples of every target that has it.</summary>
internal sealed class MergedFamily(string name, MetricType type, byte[] help, byte[] unit, FamilyTraits traits)
{
    /// <summary>The name in the text format.</summary>
    public string Name { get; } = name;

    public MetricType Type { get; private set; } = type;

    public byte[] Help { get; private set; } = help;

    public byte[] Unit { get; private set; } = unit;

    /// <summary>What keeps the samples from being written to either format as they are.</summary>
    public FamilyTraits Traits { get; private set; } = traits;

    /// <summary>The runs of samples, in the order of the targets.</summary>
    public List<MergedPart> Parts { get; } = [];

    /// <summary>The name without the suffix that OpenMetrics leaves off.</summary>
    public string BaseName => Type switch
    {
        MetricType.Counter when Name.EndsWith("_total", StringComparison.Ordinal) => Name[..^"_total".Length],
        MetricType.Info when Name.EndsWith("_info", StringComparison.Ordinal) => Name[..^"_info".Length],
        _ => Name,
    };

    /// <summary>Adds a target's samples.</summary>
    /// <returns>False when its type is another one: then nothing is added.</returns>
    public bool TryAdd(Snapshot snapshot, in FamilySpan span)
    {
        if (span.Family.Type != Type)
        {
            if (TextType(span.Family.Type) != TextType(Type))
            {
                return false;
            }

            // An info of one target and a gauge of another agree in the text format, and so on a gauge.
            Type = MetricType.Gauge;
            Unit = [];
        }

        if (Help.Length == 0)
        {
            Help = span.Family.Help;
        }

        Traits |= span.Traits;
        Parts.Add(new MergedPart(snapshot, span.Start, span.Count));
        return true;
    }

    /// <summary>The nearest type that the text format has.</summary>
    public static string TextType(MetricType type) => type switch
    {
        MetricType.Counter => "counter",
        MetricType.Gauge or MetricType.Info or MetricType.StateSet => "gauge",
        MetricType.Histogram => "histogram",
        MetricType.GaugeHistogram => "gaugehistogram",
        MetricType.Summary => "summary",
        _ => "untyped",
    };
}
