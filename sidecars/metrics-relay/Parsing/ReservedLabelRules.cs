using System.Text;
using MetricsRelay.Exposition;

namespace MetricsRelay.Parsing;

/// <summary>The rules for labels with a meaning by type: <c>le</c>, <c>quantile</c>, and the label of a state set.</summary>
internal static class ReservedLabelRules
{
    /// <returns>The bound of a bucket or quantile, otherwise 0.</returns>
    public static double ReadBound(in ExpositionLine line, int start, SampleKind kind, Family family, List<Label> labels)
    {
        var reserved = family.Type switch
        {
            MetricType.Histogram or MetricType.GaugeHistogram => "le",
            MetricType.Summary => "quantile",
            MetricType.StateSet => family.Name,
            _ => null,
        };
        if (reserved is null)
        {
            return 0;
        }

        var value = labels.Find(label => label.Name == reserved).Value;
        if (kind is not (SampleKind.Bucket or SampleKind.Quantile or SampleKind.State))
        {
            return string.IsNullOrEmpty(value)
                ? 0
                : throw line.CreateError(start, $"only a {(reserved == "le" ? "bucket" : "quantile")} has the label '{reserved}'");
        }

        if (string.IsNullOrEmpty(value))
        {
            throw line.CreateError(start, $"the label '{reserved}' is missing");
        }

        return kind == SampleKind.State ? 0 : ParseBound(in line, start, kind, reserved, value);
    }

    private static double ParseBound(in ExpositionLine line, int start, SampleKind kind, string label, string value)
    {
        if (!NumberText.TryParseValue(Encoding.UTF8.GetBytes(value), out var bound) || double.IsNaN(bound))
        {
            throw line.CreateError(start, $"the value '{value}' of the label '{label}' is not a number");
        }

        return kind == SampleKind.Quantile && bound is < 0 or > 1
            ? throw line.CreateError(start, $"the quantile {value} is not between 0 and 1")
            : bound;
    }
}
