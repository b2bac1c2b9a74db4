using System.Text;
using MetricsRelay.Exposition;

namespace MetricsRelay.Otlp;

/// <summary>What is said of a metric beside its points.</summary>
/// <param name="Name">Its name: as the text format has it, with <c>_total</c>.</param>
/// <param name="Help">Its description.</param>
/// <param name="Unit">Its unit as UCUM writes it.</param>
/// <param name="Data">What kind of data it has.</param>
/// <param name="Monotonic">Whether a sum never falls.</param>
internal readonly record struct MetricHead(string Name, byte[] Help, string Unit, MetricData Data, bool Monotonic)
{
    /// <summary>A family as OTLP has it (OpenTelemetry's "Prometheus and OpenMetrics Compatibility").</summary>
    public static MetricHead Of(Family family) => new(
        family.TextName, family.Help, UnitOf(family.Unit),
        family.Type switch
        {
            MetricType.Counter or MetricType.Info or MetricType.StateSet => MetricData.Sum,
            MetricType.Histogram => MetricData.Histogram,
            MetricType.Summary => MetricData.Summary,
            _ => MetricData.Gauge,
        },
        family.Type == MetricType.Counter);

    /// <summary>A single series that belongs to no type that OTLP has.</summary>
    public static MetricHead Single(string name, Family family) => new(name, family.Help, "", MetricData.Gauge, false);

    private static string UnitOf(ReadOnlySpan<byte> unit) => Encoding.UTF8.GetString(unit) switch
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
