using System.Text.RegularExpressions;

namespace Hosting.Tests.Metrics;

/// <summary>
/// The parts of a metrics page that users rely on, without its values: one sorted line per metric and combination of label names, such as
/// <c>histogram latency_seconds{route} le=0.1,1,+Inf</c>.
/// </summary>
internal static partial class MetricShapes
{
    public static IReadOnlyList<string> ReadFrom(string page)
    {
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        var bounds = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var line in page.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                types.Add(line.Split(' ')[2], line.Split(' ')[3]);
            }

            if (line.StartsWith('#'))
            {
                continue;
            }

            var name = NamePattern().Match(line).Value;
            var family = types.ContainsKey(name) ? name : SuffixPattern().Replace(name, "");
            var labels = LabelPattern().Matches(line).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
            var names = string.Join(',', labels.Keys.Where(label => label != "le").Order(StringComparer.Ordinal));
            var shape = $"{types[family]} {family}{{{names}}}";
            if (!bounds.TryGetValue(shape, out var les))
            {
                bounds.Add(shape, les = []);
            }

            if (labels.TryGetValue("le", out var le) && !les.Contains(le))
            {
                les.Add(le);
            }
        }

        return [.. bounds.Select(entry => entry.Value.Count == 0 ? entry.Key : $"{entry.Key} le={string.Join(',', entry.Value)}")];
    }

    [GeneratedRegex("^[^{ ]+")]
    private static partial Regex NamePattern();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex SuffixPattern();

    [GeneratedRegex("""(\w+)="((?:[^"\\]|\\.)*)["]""")]
    private static partial Regex LabelPattern();
}
