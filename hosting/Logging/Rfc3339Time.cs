using System.Globalization;

namespace Hosting.Logging;

/// <summary>Formats points in time as RFC 3339 in UTC with milliseconds, such as <c>2024-05-01T12:30:00.000Z</c>.</summary>
internal static class Rfc3339Time
{
    public static string FormatTime(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
