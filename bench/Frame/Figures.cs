using System.Globalization;

namespace Bench.Frame;

/// <summary>Numbers as people read them.</summary>
internal static class Figures
{
    public static string Text(double value, string unit) => unit switch
    {
        "bytes" => string.Create(CultureInfo.InvariantCulture, $"{value / (1 << 20):0.0} MiB"),
        _ => $"{Significant(value)} {unit}",
    };

    public static string Text(Ratio ratio) => string.Create(
        CultureInfo.InvariantCulture, $"{ratio.Median:0.00}× ({ratio.Min:0.00}–{ratio.Max:0.00})");

    private static string Significant(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };
}
