using LogTailer.Lines;

namespace LogTailer.Follow.Remote;

/// <summary>Assembles received bytes into complete lines. Only the start of a line over the limit is kept, so memory is bounded.</summary>
internal sealed class LineAssembler(int maxLineBytes)
{
    private readonly ByteBuffer _bytes = new(64 * 1024);
    private long _skippedBytes;
    private byte _lastByte;

    /// <summary>Complete lines with their line ends, or the start of one line over the limit with a line end.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.Bytes;

    /// <summary>The size of these lines in the log.</summary>
    public long LengthInLog { get; private set; }

    /// <summary>The length of the one line over the limit whose start is held; otherwise 0.</summary>
    public long PartialLineLength { get; private set; }

    /// <summary>Consumes bytes up to the end of a line.</summary>
    /// <param name="bytes">The received bytes; on return, the remaining ones.</param>
    /// <returns>Whether lines are complete. The caller then uses them and calls <see cref="ClearLines"/>.</returns>
    public bool TryAssembleLines(ref ReadOnlyMemory<byte> bytes)
    {
        // The rest of a line over the limit is only counted, up to the end of that line.
        var isOverLimit = _bytes.Length > maxLineBytes;
        var end = isOverLimit ? bytes.Span.IndexOf((byte)'\n') : bytes.Span.LastIndexOf((byte)'\n');
        var line = bytes.Span[..(end < 0 ? bytes.Length : end)];

        if (isOverLimit || end < 0)
        {
            // With one byte over the limit LineRules sees that the line is truncated, and whether a character would be split.
            var kept = Math.Min(line.Length, maxLineBytes + 1 - _bytes.Length);
            _bytes.AppendBytes(line[..kept]);
            _skippedBytes += line.Length - kept;
            _lastByte = line.IsEmpty ? _lastByte : line[^1];
        }
        else
        {
            _bytes.AppendBytes(line);
        }

        bytes = bytes[(end < 0 ? bytes.Length : end + 1)..];

        if (end < 0)
        {
            return false;
        }

        LengthInLog = _bytes.Length + _skippedBytes + 1;
        // The CR of a CRLF is not part of the line, so the reported length excludes it.
        PartialLineLength = _skippedBytes == 0 ? 0 : LengthInLog - 1 - (_lastByte == '\r' ? 1 : 0);
        _bytes.AppendByte((byte)'\n');
        return true;
    }

    public void ClearLines()
    {
        _bytes.ClearBytes();
        (_skippedBytes, LengthInLog, PartialLineLength) = (0, 0, 0);
    }
}
