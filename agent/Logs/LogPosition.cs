using System.Globalization;

namespace Agent.Logs;

/// <summary>A place in the request log that outlives its rolling and the agent: <c>FILE:OFFSET</c>.</summary>
/// <param name="File">The file, by a digest of its first line.</param>
/// <param name="Offset">Bytes before it in that file; always just past a line's end.</param>
internal readonly record struct LogPosition(string File, long Offset)
{
    /// <summary>The first line of the oldest file that is kept.</summary>
    public static LogPosition Oldest { get; } = new("oldest", 0);

    /// <summary>Behind the last line.</summary>
    public static LogPosition End { get; } = new("end", 0);

    /// <summary>Reads <c>oldest</c>, <c>end</c>, or what <see cref="ToString"/> wrote.</summary>
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
