using System.Globalization;

namespace Hosting.Configuration;

/// <summary>
/// Normalizes one configured value for the binder: durations have a unit (<c>500ms</c>, <c>5s</c>, <c>2m</c>, <c>1h</c>) or the
/// form <c>00:00:05</c>, sizes of keys that end in <c>Bytes</c> may have one (<c>16Mi</c>, <c>1MiB</c>, <c>1MB</c>), and
/// other values are read by .NET's converters.
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

    /// <summary>The value in the form that the binder expects, or the error.</summary>
    public static (string? Value, string? Error) NormalizeText(string key, string value, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
        {
            return (value, null);
        }

        if (type == typeof(TimeSpan))
        {
            return ParseDuration(value) is { } duration
                ? (duration.ToString("c", CultureInfo.InvariantCulture), null)
                : (null, "not a duration. Use a number with a unit, such as 500ms, 5s, 2m or 1h.");
        }

        if (type.IsEnum)
        {
            var name = Enum.GetNames(type).FirstOrDefault(candidate => candidate.Equals(value.Trim(), StringComparison.OrdinalIgnoreCase));
            return name is not null
                ? (name, null)
                : (null, $"not one of {string.Join(", ", Enum.GetNames(type)).ToLowerInvariant()}.");
        }

        if (type == typeof(bool))
        {
            return bool.TryParse(value, out var flag) ? (flag.ToString(), null) : (null, "neither true nor false.");
        }

        if (type == typeof(Uri))
        {
            return Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
                ? (value, null)
                : (null, "not an address. Use an absolute URL, such as http://localhost:8000.");
        }

        if (type is { IsPrimitive: true } && key.EndsWith("Bytes", StringComparison.OrdinalIgnoreCase) && ParseSize(value) is { } bytes)
        {
            value = bytes.ToString(CultureInfo.InvariantCulture);
        }

        if (ParseNumber(value, type) is not null)
        {
            return (value, null);
        }

        var kind = type == typeof(double) || type == typeof(float) ? "number" : "whole number";
        return (null, $"not a {kind} in the allowed range.");
    }

    /// <summary>Converts a value in the normalized form to its type.</summary>
    public static object ParseNormalized(string value, Type type) =>
        type == typeof(string) ? value
        : type == typeof(TimeSpan) ? TimeSpan.ParseExact(value, "c", CultureInfo.InvariantCulture)
        : type.IsEnum ? Enum.Parse(type, value)
        : type == typeof(bool) ? bool.Parse(value)
        : type == typeof(Uri) ? new Uri(value, UriKind.Absolute)
        : ParseNumber(value, type) ?? throw new FormatException($"'{value}' is not a value of the type {type.Name}.");

    private static object? ParseNumber(string value, Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => byte.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null,
        TypeCode.Int16 => short.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null,
        TypeCode.Int32 => int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null,
        TypeCode.Int64 => long.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null,
        TypeCode.Single => float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null,
        TypeCode.Double => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null,
        _ => null,
    };

    private static TimeSpan? ParseDuration(string value)
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

        // .NET reads a bare number as days, and most people expect seconds, so a colon or a unit is required.
        return value.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out var span) ? span
            : value == "0" ? TimeSpan.Zero
            : null;
    }

    private static long? ParseSize(string value)
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
