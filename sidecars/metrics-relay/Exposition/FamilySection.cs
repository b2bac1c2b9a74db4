using MetricsRelay.Merge;

namespace MetricsRelay.Exposition;

/// <summary>A group of lines with metadata of its own, as which a family, or a part of it, is written.</summary>
/// <param name="Name">The name in the metadata.</param>
/// <param name="Type">The type in the metadata.</param>
/// <param name="Kinds">The samples that it takes, as bits by <see cref="SampleKind"/>.</param>
/// <param name="Always">Whether the metadata is written even without a sample.</param>
/// <param name="Typed">Whether it has the family's own type, and so its unit.</param>
internal readonly record struct FamilySection(string Name, string Type, int Kinds, bool Always, bool Typed)
{
    private const int Everything = -1;

    public bool Takes(SampleKind kind) => (Kinds & Bit(kind)) != 0;

    public static IEnumerable<FamilySection> Of(MergedFamily family, ExpositionFormat format, bool untyped)
    {
        if (format == ExpositionFormat.OpenMetrics && !untyped)
        {
            return [new(family.BaseName, ExpositionParser.TypeName(family.Type), Everything, Always: true, Typed: true)];
        }

        var created = new FamilySection(family.BaseName + "_created", "gauge", Bit(SampleKind.Created), false, false);
        var unknown = format == ExpositionFormat.OpenMetrics ? "unknown" : "untyped";
        if (format == ExpositionFormat.Text && family.Type != MetricType.GaugeHistogram
            && !family.Traits.HasFlag(FamilyTraits.BreaksText))
        {
            var main = new FamilySection(
                family.Name, MergedFamily.TextType(family.Type), ~Bit(SampleKind.Created), Always: true, Typed: true);
            return MayHaveCreated(family.Type) ? [main, created] : [main];
        }

        // No type fits the whole: each sample name is a family of its own.
        return
        [
            new(family.Name, unknown, Bit(SampleKind.Value) | Bit(SampleKind.Total) | Bit(SampleKind.Quantile)
                | Bit(SampleKind.State) | Bit(SampleKind.Info), Always: false, Typed: false),
            new(family.Name + "_bucket", unknown, Bit(SampleKind.Bucket), false, false),
            new(family.Name + "_count", unknown, Bit(SampleKind.Count), false, false),
            new(family.Name + "_sum", unknown, Bit(SampleKind.Sum), false, false),
            new(family.Name + "_gcount", unknown, Bit(SampleKind.GaugeCount), false, false),
            new(family.Name + "_gsum", unknown, Bit(SampleKind.GaugeSum), false, false),
            created,
        ];
    }

    private static bool MayHaveCreated(MetricType type) =>
        type is MetricType.Counter or MetricType.Histogram or MetricType.Summary;

    private static int Bit(SampleKind kind) => 1 << (int)kind;
}
