using System.Globalization;

namespace LogTailer.Network;

/// <summary>Detects that the local clock and a server's clock differ too much for timestamps to be correct.</summary>
internal static class ClockSkew
{
    public const string Remedy =
        "Synchronize the clocks (NTP on the node or on the server): stores reject lines with timestamps in the future or too far in the "
        + "past, and searches by time miss the lines.";

    /// <summary>A Date header has a resolution of one second, and the request itself takes time.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(30);

    /// <summary>Describes the difference, or returns null when it is tolerable.</summary>
    /// <param name="skew">The server's clock minus ours, from the Date header of its response; null without such a header.</param>
    /// <param name="server">The server that responded.</param>
    public static string? DescribeSkew(TimeSpan? skew, Uri server)
    {
        if (skew is not { } span || span.Duration() <= Tolerance)
        {
            return null;
        }

        var direction = span > TimeSpan.Zero ? "ahead of" : "behind";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"The clock of {server.GetLeftPart(UriPartial.Authority)} is {span.Duration().TotalSeconds:F0} s {direction} ours.");
    }
}
