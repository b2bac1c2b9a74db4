using LogTailer.Lines;

namespace LogTailer.Follow.Remote;

/// <summary>Gathers bytes that come in pieces into whole lines. Of a line over the limit only the beginning is kept, however long it gets.</summary>
internal sealed class LineGatherer(int maxLineBytes)
{
    private readonly ByteBuffer _bytes = new(64 * 1024);
    private long _beyond;
    private byte _last;

    /// <summary>What is gathered: whole lines with their ends, or of one over-long line the beginning with an end.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.Bytes;

    /// <summary>How much of the log that is.</summary>
    public long LengthInLog { get; private set; }

    /// <summary>The length of the one over-long line that does not stand here whole; else 0.</summary>
    public long CutFrom { get; private set; }

    /// <summary>Takes bytes up to the end of a line.</summary>
    /// <param name="bytes">What has come; left of it is what comes after.</param>
    /// <returns>Whether lines are complete: hand them on and <see cref="Clear"/>.</returns>
    public bool TryGather(ref ReadOnlyMemory<byte> bytes)
    {
        // What follows the beginning of an over-long line is only counted, up to that line's end.
        var isLong = _bytes.Length > maxLineBytes;
        var end = isLong ? bytes.Span.IndexOf((byte)'\n') : bytes.Span.LastIndexOf((byte)'\n');
        var line = bytes.Span[..(end < 0 ? bytes.Length : end)];

        if (isLong || end < 0)
        {
            // One byte over the limit shows the line rules that it is cut, and where a character ends.
            var kept = Math.Min(line.Length, maxLineBytes + 1 - _bytes.Length);
            _bytes.Append(line[..kept]);
            _beyond += line.Length - kept;
            _last = line.IsEmpty ? _last : line[^1];
        }
        else
        {
            _bytes.Append(line);
        }

        bytes = bytes[(end < 0 ? bytes.Length : end + 1)..];

        if (end < 0)
        {
            return false;
        }

        LengthInLog = _bytes.Length + _beyond + 1;
        // The CR of a CRLF is no part of the line, so not of the length that is told either.
        CutFrom = _beyond == 0 ? 0 : LengthInLog - 1 - (_last == '\r' ? 1 : 0);
        _bytes.Append((byte)'\n');
        return true;
    }

    public void Clear()
    {
        _bytes.Clear();
        (_beyond, LengthInLog, CutFrom) = (0, 0, 0);
    }
}
