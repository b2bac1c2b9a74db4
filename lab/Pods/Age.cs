using System.Globalization;

namespace Lab.Pods;

/// <summary>Durations as kubectl and Go write them.</summary>
internal static class Age
{
    /// <summary>kubectl's AGE column: <c>3s</c>, <c>2m5s</c>, <c>12m</c>, <c>3h5m</c>, <c>2d4h</c>.</summary>
    public static string Of(TimeSpan age)
    {
        var seconds = (long)Math.Max(0, age.TotalSeconds);
        return seconds switch
        {
            < 120 => Text($"{seconds}s"),
            < 600 => seconds % 60 == 0 ? Text($"{seconds / 60}m") : Text($"{seconds / 60}m{seconds % 60}s"),
            < 3 * 3600 => Text($"{seconds / 60}m"),
            < 8 * 3600 => seconds / 60 % 60 == 0 ? Text($"{seconds / 3600}h") : Text($"{seconds / 3600}h{seconds / 60 % 60}m"),
            < 48 * 3600 => Text($"{seconds / 3600}h"),
            _ => Text($"{seconds / 86400}d"),
        };
    }

    /// <summary>Go's way: <c>10s</c>, <c>1m20s</c>, <c>5m0s</c>.</summary>
    public static string Go(TimeSpan duration) =>
        duration.TotalSeconds < 60 ? Text($"{(long)duration.TotalSeconds}s") : Text($"{(long)duration.TotalMinutes}m{duration.Seconds}s");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
