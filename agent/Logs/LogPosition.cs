using System.Globalization;

namespace Agent.Logs;

/// <summary>A position in the request log that stays valid when files are rolled and when the agent restarts: <c>FILE:OFFSET</c>.</summary>
/// <param name="File">The file, identified by a digest of its first line.</param>
/// <param name="Offset">Byte offset in the file, always at the start of a line.</param>
internal readonly record struct LogPosition(string File, long Offset)
{
    /// <summary>The first line of the oldest file.</summary>
    public static LogPosition Oldest { get; } = new("oldest", 0);

    /// <summary>The end of the last line.</summary>
    public static LogPosition End { get; } = new("end", 0);

    /// <summary>Parses <c>oldest</c>, <c>end</c>, or the result of <see cref="ToString"/>.</summary>
    public static bool TryParse(string text, out LogPosition position)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        position = text switch { "oldest" => Oldest, "end" => End, _ => default };
        if (position != default)
        {
            return true;
        }

        if (colon <= 0 || !long.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            return false;
        }

        position = new LogPosition(text[..colon], offset);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}:{Offset}");
}
