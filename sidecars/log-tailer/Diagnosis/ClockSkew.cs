using System.Globalization;

namespace LogTailer.Diagnosis;

/// <summary>Whether our clock and a server's are too far apart for time stamps to be believed.</summary>
internal static class ClockSkew
{
    /// <summary>A Date header has whole seconds, and a request takes its time.</summary>
    private static readonly TimeSpan Tolerated = TimeSpan.FromSeconds(30);

    public const string Remedy = "Synchronise the clocks (NTP on the node, or on the server): stores refuse lines from the future or from too long ago, and searches look in the wrong place.";

    /// <summary>What is wrong, or null.</summary>
    /// <param name="skew">The server's clock less ours, by the Date header of its answer; null where it has none.</param>
    /// <param name="server">Who answered.</param>
    public static string? Of(TimeSpan? skew, Uri server) => skew is { } span && span.Duration() > Tolerated
        ? string.Create(CultureInfo.InvariantCulture, $"The clock of {server.GetLeftPart(UriPartial.Authority)} is {span.Duration().TotalSeconds:F0} s {(span > TimeSpan.Zero ? "ahead of" : "behind")} ours.")
        : null;
}
