using System.ComponentModel;
using System.Globalization;

namespace Hosting.Configuration;

/// <summary>
/// Reads one value as a person writes it: durations with a unit (<c>500ms</c>, <c>5s</c>, <c>2m</c>, <c>1h</c>, or
/// <c>00:00:05</c>), sizes of keys that end in <c>Bytes</c> with one (<c>16Mi</c>, <c>1MiB</c>, <c>1MB</c>), and all
/// else as .NET's own converters do.
/// </summary>
internal static class ConfigurationValue
{
    private static readonly (string Suffix, double Seconds)[] DurationUnits =
        [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

    private static readonly (string Suffix, long Bytes)[] SizeUnits =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30),
        ("KB", 1000), ("MB", 1000_000), ("GB", 1000_000_000),
    ];

    public static bool IsLeaf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(TimeSpan) || type == typeof(Uri);
    }

    /// <summary>The value in the form that the binder takes, or what is wrong with it.</summary>
    public static (string? Value, string? Error) Normalize(string key, string value, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
        {
            return (value, null);
        }

        if (type == typeof(TimeSpan))
        {
            return Duration(value) is { } duration
                ? (duration.ToString("c", CultureInfo.InvariantCulture), null)
                : (null, "not a duration. Give a number with a unit, such as 500ms, 5s, 2m or 1h.");
        }

        if (type.IsEnum)
        {
            var name = Enum.GetNames(type).FirstOrDefault(n => n.Equals(value.Trim(), StringComparison.OrdinalIgnoreCase));
            return name is not null ? (name, null) : (null, $"not one of {string.Join(", ", Enum.GetNames(type)).ToLowerInvariant()}.");
        }

        if (type == typeof(bool))
        {
            return bool.TryParse(value, out var flag) ? (flag.ToString(), null) : (null, "neither true nor false.");
        }

        if (type == typeof(Uri))
        {
            return Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
                ? (value, null)
                : (null, "not an address. Give a whole one, such as http://localhost:8000.");
        }

        if (type is { IsPrimitive: true } && key.EndsWith("Bytes", StringComparison.OrdinalIgnoreCase) && Size(value) is { } bytes)
        {
            value = bytes.ToString(CultureInfo.InvariantCulture);
        }

        try
        {
            TypeDescriptor.GetConverter(type).ConvertFromInvariantString(value);
            return (value, null);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            var sort = type == typeof(double) || type == typeof(float) ? "a number" : "a whole number";
            return (null, $"not {sort} that fits.");
        }
    }

    private static TimeSpan? Duration(string value)
    {
        value = value.Trim();
        foreach (var (suffix, seconds) in DurationUnits)
        {
            if (value.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
                && double.TryParse(value[..^suffix.Length], NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && Math.Abs(number * seconds) < TimeSpan.MaxValue.TotalSeconds)
            {
                return TimeSpan.FromSeconds(number * seconds);
            }
        }

        // A bare number would be days to .NET and seconds to everybody else: it takes a colon or a unit.
        return value.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out var span) ? span
            : value == "0" ? TimeSpan.Zero
            : null;
    }

    private static long? Size(string value)
    {
        value = value.Trim();
        foreach (var (suffix, bytes) in SizeUnits)
        {
            if (value.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
                && long.TryParse(value[..^suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number <= long.MaxValue / bytes)
            {
                return number * bytes;
            }
        }

        return null;
    }
}
