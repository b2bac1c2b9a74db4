using System.Globalization;

namespace Bench.Harness;

/// <summary>Formats figures for the report.</summary>
internal static class FigureFormat
{
    /// <summary>A value with its unit; bytes are shown in MiB.</summary>
    public static string FormatValue(double value, string unit) => unit switch
    {
        "bytes" => string.Create(CultureInfo.InvariantCulture, $"{value / (1 << 20):0.0} MiB"),
        _ => $"{FormatSignificant(value)} {unit}",
    };

    /// <summary>The median of a ratio, with the range in parentheses.</summary>
    public static string FormatRatio(Ratio ratio) => string.Create(
        CultureInfo.InvariantCulture, $"{ratio.Median:0.00}× ({ratio.Min:0.00}–{ratio.Max:0.00})");

    private static string FormatSignificant(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };
}
