using MetricsRelay.Exposition;
using MetricsRelay.Merging;

namespace MetricsRelay.Writing;

/// <summary>
/// A group of lines with common metadata. A family is written as one section, or as several when no type fits all its samples.
/// </summary>
/// <param name="Name">The name in the metadata.</param>
/// <param name="Type">The type in the metadata.</param>
/// <param name="Kinds">The included samples, as bits by <see cref="SampleKind"/>.</param>
/// <param name="IsAlwaysWritten">Whether the metadata is written even without a sample.</param>
/// <param name="HasFamilyType">Whether it has the type of the family, and so its unit.</param>
internal readonly record struct FamilySection(string Name, string Type, int Kinds, bool IsAlwaysWritten, bool HasFamilyType)
{
    private const int AllKinds = -1;

    public bool IncludesKind(SampleKind kind) => (Kinds & GetBit(kind)) != 0;

    /// <param name="family">The family.</param>
    /// <param name="format">The format of the output.</param>
    /// <param name="isUntyped">Whether the family cannot keep its type in OpenMetrics.</param>
    public static IEnumerable<FamilySection> SplitFamily(MergedFamily family, ExpositionFormat format, bool isUntyped)
    {
        if (format == ExpositionFormat.OpenMetrics && !isUntyped)
        {
            return
            [
                new(family.BaseName, MetricTypeNames.GetOpenMetricsName(family.Type), AllKinds,
                    IsAlwaysWritten: true, HasFamilyType: true),
            ];
        }

        var created = CreatePart(family.BaseName + "_created", "gauge", SampleKind.Created);
        if (format == ExpositionFormat.Text && family.Type != MetricType.GaugeHistogram && !family.Traits.HasFlag(FamilyTraits.BreaksText))
        {
            var main = new FamilySection(family.Name, MetricTypeNames.GetTextName(family.Type), ~GetBit(SampleKind.Created),
                IsAlwaysWritten: true, HasFamilyType: true);
            return MayHaveCreated(family.Type) ? [main, created] : [main];
        }

        // No type fits all samples: each sample name becomes a family.
        var unknown = format == ExpositionFormat.OpenMetrics ? "unknown" : "untyped";
        return
        [
            CreatePart(family.Name, unknown,
                SampleKind.Value, SampleKind.Total, SampleKind.Quantile, SampleKind.State, SampleKind.Info),
            CreatePart(family.Name + "_bucket", unknown, SampleKind.Bucket),
            CreatePart(family.Name + "_count", unknown, SampleKind.Count),
            CreatePart(family.Name + "_sum", unknown, SampleKind.Sum),
            CreatePart(family.Name + "_gcount", unknown, SampleKind.GaugeCount),
            CreatePart(family.Name + "_gsum", unknown, SampleKind.GaugeSum),
            created,
        ];
    }

    private static FamilySection CreatePart(string name, string type, params ReadOnlySpan<SampleKind> kinds)
    {
        var bits = 0;
        foreach (var kind in kinds)
        {
            bits |= GetBit(kind);
        }

        return new FamilySection(name, type, bits, IsAlwaysWritten: false, HasFamilyType: false);
    }

    private static bool MayHaveCreated(MetricType type) => type is MetricType.Counter or MetricType.Histogram or MetricType.Summary;

    private static int GetBit(SampleKind kind) => 1 << (int)kind;
}
