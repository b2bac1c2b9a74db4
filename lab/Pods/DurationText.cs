using System.Globalization;

namespace Lab.Pods;

/// <summary>Durations in the formats of kubectl and Go.</summary>
internal static class DurationText
{
    /// <summary>kubectl's AGE column: <c>3s</c>, <c>2m5s</c>, <c>12m</c>, <c>3h5m</c>, <c>2d4h</c>.</summary>
    public static string FormatAge(TimeSpan age)
    {
        var seconds = (long)Math.Max(0, age.TotalSeconds);
        return seconds switch
        {
            < 120 => FormatInvariant($"{seconds}s"),
            < 600 => seconds % 60 == 0 ? FormatInvariant($"{seconds / 60}m") : FormatInvariant($"{seconds / 60}m{seconds % 60}s"),
            < 3 * 3600 => FormatInvariant($"{seconds / 60}m"),
            < 8 * 3600 => seconds / 60 % 60 == 0
                ? FormatInvariant($"{seconds / 3600}h")
                : FormatInvariant($"{seconds / 3600}h{seconds / 60 % 60}m"),
            < 48 * 3600 => FormatInvariant($"{seconds / 3600}h"),
            _ => FormatInvariant($"{seconds / 86400}d"),
        };
    }

    /// <summary>Go's format: <c>10s</c>, <c>1m20s</c>, <c>5m0s</c>.</summary>
    public static string FormatGoDuration(TimeSpan duration) => duration.TotalSeconds < 60
        ? FormatInvariant($"{(long)duration.TotalSeconds}s")
        : FormatInvariant($"{(long)duration.TotalMinutes}m{duration.Seconds}s");

    private static string FormatInvariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
