using System.Text;

namespace Hosting.Metrics;

/// <summary>
/// An instrument's name as Prometheus has it: base unit spelled out at the end, nothing but <c>[a-zA-Z0-9_:]</c>
/// (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics).
/// </summary>
internal static class MetricName
{
    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["min"] = "minutes",
        ["h"] = "hours",
        ["d"] = "days",
        ["By"] = "bytes",
        ["KiBy"] = "kibibytes",
        ["MiBy"] = "mebibytes",
        ["%"] = "percent",
    };

    /// <summary>The family's name without <c>_total</c>, and its unit where one is known.</summary>
    public static (string Family, string? Unit) Of(string name, string? unit, bool isCounter)
    {
        var family = Sanitize(name, allowColon: true);
        if (isCounter && family.EndsWith("_total", StringComparison.Ordinal))
        {
            family = family[..^"_total".Length];
        }

        var word = Unit(unit);
        if (word is not null && !family.EndsWith("_" + word, StringComparison.Ordinal))
        {
            family = $"{family}_{word}";
        }

        word ??= Units.Values.FirstOrDefault(u => family.EndsWith("_" + u, StringComparison.Ordinal));
        return (family, word);
    }

    /// <summary>A tag's name as a label's.</summary>
    public static string Label(string name) => Sanitize(name, allowColon: false);

    private static string? Unit(string? unit) =>
        // What stands in braces is a note such as {request}, not a unit.
        string.IsNullOrEmpty(unit) || unit.Contains('{', StringComparison.Ordinal) ? null : Units.GetValueOrDefault(unit);

    private static string Sanitize(string name, bool allowColon)
    {
        var clean = new StringBuilder(name.Length + 1);
        foreach (var c in name)
        {
            var fits = char.IsAsciiLetterOrDigit(c) || c == '_' || (allowColon && c == ':');
            if (!fits && clean.Length > 0 && clean[^1] == '_')
            {
                continue;
            }

            clean.Append(fits ? c : '_');
        }

        if (clean.Length == 0 || char.IsAsciiDigit(clean[0]))
        {
            clean.Insert(0, '_');
        }

        return clean.ToString();
    }
}
