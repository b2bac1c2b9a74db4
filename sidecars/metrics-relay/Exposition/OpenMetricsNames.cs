using MetricsRelay.Merge;

namespace MetricsRelay.Exposition;

/// <summary>
/// Finds the families that cannot keep their type in OpenMetrics: their samples break its rules, or a name that the
/// type reserves (a counter <c>foo_total</c> reserves <c>foo</c> and <c>foo_created</c>) is in use by another family.
/// </summary>
internal static class OpenMetricsNames
{
    public static HashSet<MergedFamily> Untyped(IReadOnlyList<MergedFamily> families)
    {
        var untyped = new HashSet<MergedFamily>();
        var owners = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var family in families)
        {
            if (IsLoose(family))
            {
                untyped.Add(family);
            }

            foreach (var name in Claims(family))
            {
                owners[name] = owners.GetValueOrDefault(name) + 1;
            }
        }

        foreach (var family in families)
        {
            // A family of one name can stay what it is: the other one gives way.
            if (!IsLoose(family) && Claims(family).Count() > 1 && Claims(family).Any(name => owners[name] > 1))
            {
                untyped.Add(family);
            }
        }

        return untyped;
    }

    private static IEnumerable<string> Claims(MergedFamily family) => IsLoose(family)
        ? Names(family.Name, ExpositionFormat.Text, family.Type)
        : Names(family.BaseName, ExpositionFormat.OpenMetrics, family.Type);

    private static bool IsLoose(MergedFamily family) => family.Traits.HasFlag(FamilyTraits.BreaksOpenMetrics);

    private static IEnumerable<string> Names(string name, ExpositionFormat format, MetricType type) =>
        Family.Suffixes(format, type).Select(suffix => name + suffix).Prepend(name);
}
