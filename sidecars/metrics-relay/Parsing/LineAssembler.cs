namespace MetricsRelay.Parsing;

/// <summary>Splits the pieces in which a body arrives into complete lines, and stores an incomplete line until its end arrives.</summary>
internal sealed class LineAssembler
{
    private const int MaxLineLength = 1 << 20;

    private byte[] _carry = [];
    private int _carriedLength;

    /// <summary>The last line, whose line feed has not arrived.</summary>
    public ReadOnlySpan<byte> IncompleteLine => _carry.AsSpan(0, _carriedLength);

    public void Reset() => _carriedLength = 0;

    /// <summary>Takes as many complete lines as possible, each with its line feed. Call it until it returns false.</summary>
    /// <param name="piece">The unread rest of the piece; the taken lines are removed.</param>
    /// <param name="linesRead">The number of lines before, for the error message.</param>
    /// <param name="lines">One or more lines. Valid until the next call.</param>
    /// <returns>False when the piece contains no further complete line; its rest is stored.</returns>
    /// <exception cref="ExpositionFormatException">The line is too long.</exception>
    public bool TryTakeLines(ref ReadOnlySpan<byte> piece, int linesRead, out ReadOnlySpan<byte> lines)
    {
        lines = default;
        if (_carriedLength > 0)
        {
            var end = piece.IndexOf((byte)'\n') + 1;
            AppendBytes(end == 0 ? piece : piece[..end], linesRead);
            if (end == 0)
            {
                piece = default;
                return false;
            }

            piece = piece[end..];
            lines = IncompleteLine;
            _carriedLength = 0;
            return true;
        }

        var last = piece.LastIndexOf((byte)'\n') + 1;
        if (last == 0)
        {
            AppendBytes(piece, linesRead);
            piece = default;
            return false;
        }

        lines = piece[..last];
        piece = piece[last..];
        return true;
    }

    private void AppendBytes(ReadOnlySpan<byte> bytes, int linesRead)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        var needed = _carriedLength + bytes.Length;
        if (needed > MaxLineLength)
        {
            throw new ExpositionFormatException(linesRead + 1, 1, $"the line is longer than {MaxLineLength} bytes");
        }

        if (needed > _carry.Length)
        {
            Array.Resize(ref _carry, Math.Max(4096, needed * 2));
        }

        bytes.CopyTo(_carry.AsSpan(_carriedLength));
        _carriedLength = needed;
    }
}
