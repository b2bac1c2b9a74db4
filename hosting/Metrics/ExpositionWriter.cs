using System.Globalization;
using System.Text;
using OpenTelemetry.Metrics;

namespace Hosting.Metrics;

/// <summary>
/// Writes metrics in the Prometheus text format 0.0.4 or OpenMetrics 1.0.0
/// (https://prometheus.io/docs/instrumenting/exposition_formats, https://github.com/prometheus/OpenMetrics).
/// Names follow OpenTelemetry's rules for Prometheus: dots become underscores, the unit is spelled out at the end,
/// counters end in <c>_total</c>.
/// </summary>
internal sealed class ExpositionWriter(bool openMetrics)
{
    private readonly Dictionary<string, string> _families = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];
    private readonly Dictionary<string, StringBuilder> _text = new(StringComparer.Ordinal);

    public void Add(Metric metric)
    {
        var type = metric.MetricType switch
        {
            MetricType.LongSum or MetricType.DoubleSum => "counter",
            MetricType.LongGauge or MetricType.DoubleGauge or MetricType.LongSumNonMonotonic or MetricType.DoubleSumNonMonotonic => "gauge",
            MetricType.Histogram => "histogram",
            _ => null,
        };
        if (type is null)
        {
            return;
        }

        var (family, unit) = MetricName.Of(metric.Name, metric.Unit, isCounter: type == "counter");
        var sample = type == "counter" ? family + "_total" : family;
        var declared = openMetrics ? family : sample;

        // Two meters may hold the same name: one family then, and of another type none, since no scraper takes that.
        if (_families.TryGetValue(declared, out var known))
        {
            if (known != type)
            {
                return;
            }
        }
        else
        {
            _families.Add(declared, type);
            _order.Add(declared);
            var head = _text[declared] = new StringBuilder();
            // HELP is there for every family, so that a reader of the page is never left with a bare name.
            var help = string.IsNullOrEmpty(metric.Description) ? $"{metric.Name} of {metric.MeterName}." : metric.Description;
            head.Append("# HELP ").Append(declared).Append(' ').Append(openMetrics ? EscapeLabel(help) : EscapeHelp(help)).Append('\n')
                .Append("# TYPE ").Append(declared).Append(' ').Append(type).Append('\n');
            if (openMetrics && unit is not null && family.EndsWith("_" + unit, StringComparison.Ordinal))
            {
                head.Append("# UNIT ").Append(declared).Append(' ').Append(unit).Append('\n');
            }
        }

        var text = _text[declared];
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var labels = Labels(point.Tags);
            switch (metric.MetricType)
            {
                case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                    Sample(text, sample, labels, Number(point.GetSumLong()));
                    break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                    Sample(text, sample, labels, Number(point.GetSumDouble()));
                    break;
                case MetricType.LongGauge:
                    Sample(text, sample, labels, Number(point.GetGaugeLastValueLong()));
                    break;
                case MetricType.DoubleGauge:
                    Sample(text, sample, labels, Number(point.GetGaugeLastValueDouble()));
                    break;
                default:
                    Histogram(text, sample, labels, point);
                    break;
            }
        }
    }

    public byte[] Finish()
    {
        var all = new StringBuilder();
        foreach (var family in _order)
        {
            all.Append(_text[family]);
        }

        if (openMetrics)
        {
            all.Append("# EOF\n");
        }

        return Encoding.UTF8.GetBytes(all.ToString());
    }

    internal static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <summary>A bucket's bound; OpenMetrics wants the canonical float with a point.</summary>
    internal static string Bound(double value, bool openMetrics)
    {
        var text = Number(value);
        return openMetrics && double.IsFinite(value) && !text.AsSpan().ContainsAny('.', 'E', 'e') ? text + ".0" : text;
    }

    // OpenMetrics escapes a quote in HELP as in a label's value; the text format leaves it.
    internal static string EscapeHelp(string help) =>
        help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    internal static string EscapeLabel(string value) =>
        EscapeHelp(value).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private void Histogram(StringBuilder text, string name, string labels, in MetricPoint point)
    {
        var comma = labels.Length > 0 ? "," : "";
        long cumulative = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            cumulative += bucket.BucketCount;
            Sample(text, name + "_bucket", $"{labels}{comma}le=\"{Bound(bucket.ExplicitBound, openMetrics)}\"", Number(cumulative));
        }

        Sample(text, name + "_sum", labels, Number(point.GetHistogramSum()));
        Sample(text, name + "_count", labels, Number(point.GetHistogramCount()));
    }

    private static void Sample(StringBuilder text, string name, string labels, string value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(value).Append('\n');
    }

    private static string Labels(OpenTelemetry.ReadOnlyTagCollection tags)
    {
        if (tags.Count == 0)
        {
            return "";
        }

        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
        {
            // Two tags may sanitise to one name; the specification joins their values.
            var name = MetricName.Label(key);
            var text = value switch
            {
                bool flag => flag ? "true" : "false",
                _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
            };
            labels[name] = labels.TryGetValue(name, out var there) ? $"{there};{text}" : text;
        }

        return string.Join(',', labels.Where(l => l.Value.Length > 0).Select(l => $"{l.Key}=\"{EscapeLabel(l.Value)}\""));
    }
}
