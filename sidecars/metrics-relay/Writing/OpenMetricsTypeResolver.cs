using MetricsRelay.Exposition;
using MetricsRelay.Merging;

namespace MetricsRelay.Writing;

/// <summary>
/// Finds the families that cannot keep their type in OpenMetrics: their samples break its rules, or another family uses a name that
/// the type reserves (a counter <c>foo_total</c> reserves <c>foo</c> and <c>foo_created</c>).
/// </summary>
internal static class OpenMetricsTypeResolver
{
    public static HashSet<MergedFamily> FindUntypedFamilies(IReadOnlyList<MergedFamily> families)
    {
        var untyped = new HashSet<MergedFamily>();
        var users = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var family in families)
        {
            if (BreaksRules(family))
            {
                untyped.Add(family);
            }

            foreach (var name in GetReservedNames(family))
            {
                users[name] = users.GetValueOrDefault(name) + 1;
            }
        }

        foreach (var family in families)
        {
            // A family with a single name keeps its type; the family with several names becomes unknown.
            if (!BreaksRules(family) && GetReservedNames(family).Count() > 1 && GetReservedNames(family).Any(name => users[name] > 1))
            {
                untyped.Add(family);
            }
        }

        return untyped;
    }

    private static bool BreaksRules(MergedFamily family) => family.Traits.HasFlag(FamilyTraits.BreaksOpenMetrics);

    private static IEnumerable<string> GetReservedNames(MergedFamily family) => BreaksRules(family)
        ? AppendSuffixes(family.Name, ExpositionFormat.Text, family.Type)
        : AppendSuffixes(family.BaseName, ExpositionFormat.OpenMetrics, family.Type);

    private static IEnumerable<string> AppendSuffixes(string name, ExpositionFormat format, MetricType type) =>
        Family.GetSuffixes(format, type).Select(suffix => name + suffix).Prepend(name);
}
