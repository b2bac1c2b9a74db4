using System.Text;
using MetricsRelay.Exposition;

namespace MetricsRelay.Forwarding.Otlp;

/// <summary>The properties of a metric without its points.</summary>
/// <param name="Name">The name as in the text format, with <c>_total</c>.</param>
/// <param name="Help">The description.</param>
/// <param name="Unit">The unit in UCUM notation.</param>
/// <param name="DataKind">The kind of data.</param>
/// <param name="IsMonotonic">Whether a sum never decreases.</param>
internal readonly record struct MetricDescriptor(string Name, byte[] Help, string Unit, MetricDataKind DataKind, bool IsMonotonic)
{
    /// <summary>Maps a family by the rules of OpenTelemetry's "Prometheus and OpenMetrics Compatibility".</summary>
    public static MetricDescriptor FromFamily(Family family) => new(
        family.TextName, family.Help, ConvertUnit(family.Unit),
        family.Type switch
        {
            MetricType.Counter or MetricType.Info or MetricType.StateSet => MetricDataKind.Sum,
            MetricType.Histogram => MetricDataKind.Histogram,
            MetricType.Summary => MetricDataKind.Summary,
            _ => MetricDataKind.Gauge,
        },
        family.Type == MetricType.Counter);

    /// <summary>Describes a single series of a family whose type does not exist in OTLP.</summary>
    public static MetricDescriptor ForSingleSeries(string name, Family family) => new(name, family.Help, "", MetricDataKind.Gauge, false);

    private static string ConvertUnit(ReadOnlySpan<byte> unit) => Encoding.UTF8.GetString(unit) switch
    {
        "seconds" => "s",
        "bytes" => "By",
        "meters" => "m",
        "grams" => "g",
        "joules" => "J",
        "volts" => "V",
        "amperes" => "A",
        "celsius" => "Cel",
        "ratio" => "1",
        "percent" => "%",
        var other => other,
    };
}
