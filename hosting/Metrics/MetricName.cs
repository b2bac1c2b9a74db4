using System.Text;

namespace Hosting.Metrics;

/// <summary>
/// Translates the name of a <see cref="System.Diagnostics.Metrics.Instrument"/> to Prometheus: the base unit is spelled out at the end,
/// counters end in <c>_total</c>, and only <c>[a-zA-Z0-9_:]</c> remains
/// (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics).
/// </summary>
internal static class MetricName
{
    private const string TotalSuffix = "_total";

    private static readonly Dictionary<string, string> UnitNames = new(StringComparer.Ordinal)
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

    /// <summary>The metric's name, for a counter with <c>_total</c>.</summary>
    public static string FromInstrument(string name, string? unit, bool isCounter)
    {
        var metric = SanitizeName(name, allowColon: true);
        if (isCounter && metric.EndsWith(TotalSuffix, StringComparison.Ordinal))
        {
            metric = metric[..^TotalSuffix.Length];
        }

        // Units that have no word, such as the annotation {request}, are left out.
        if (unit is not null && UnitNames.TryGetValue(unit, out var word) && !metric.EndsWith("_" + word, StringComparison.Ordinal))
        {
            metric = $"{metric}_{word}";
        }

        return isCounter ? metric + TotalSuffix : metric;
    }

    /// <summary>The label's name for a tag. Names that Prometheus reserves (<c>__…</c> and <c>le</c>) are changed.</summary>
    public static string FromTag(string tag)
    {
        var label = SanitizeName(tag, allowColon: false);
        if (label.StartsWith("__", StringComparison.Ordinal))
        {
            label = "_" + label.TrimStart('_');
        }

        return label == "le" ? "le_" : label;
    }

    private static string SanitizeName(string name, bool allowColon)
    {
        var clean = new StringBuilder(name.Length + 1);
        foreach (var character in name)
        {
            var isValid = char.IsAsciiLetterOrDigit(character) || character == '_' || (allowColon && character == ':');
            if (!isValid && clean.Length > 0 && clean[^1] == '_')
            {
                continue;
            }

            clean.Append(isValid ? character : '_');
        }

        if (clean.Length == 0 || char.IsAsciiDigit(clean[0]))
        {
            clean.Insert(0, '_');
        }

        return clean.ToString();
    }
}
