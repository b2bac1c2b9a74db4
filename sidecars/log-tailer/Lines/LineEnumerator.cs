namespace LogTailer.Lines;

/// <summary>Enumerates the lines of a block without line ends (LF or CRLF) and without empty lines, truncated at the limit.</summary>
internal ref struct LineEnumerator(ReadOnlySpan<byte> block, int maxLineBytes, long partialLineLength)
{
    private ReadOnlySpan<byte> _rest = block;
    private int _position;

    /// <summary>The bytes of the line, at most the limit.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>The offset of the line in the block.</summary>
    public int Offset { get; private set; }

    /// <summary>The number of bytes consumed so far, up to and including the end of the line.</summary>
    public readonly int Consumed => _position;

    /// <summary>The length of the line in the file when <see cref="Current"/> is truncated; otherwise 0.</summary>
    public long OriginalLength { get; private set; }

    public readonly LineEnumerator GetEnumerator() => this;

    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            var end = _rest.IndexOf((byte)'\n');
            var line = end < 0 ? _rest : _rest[..end];
            var consumed = end < 0 ? line.Length : end + 1;

            Offset = _position;
            _position += consumed;
            _rest = _rest[consumed..];

            if (line is [.., (byte)'\r'])
            {
                line = line[..^1];
            }

            if (line.IsEmpty)
            {
                continue;
            }

            OriginalLength = partialLineLength;

            if (line.Length > maxLineBytes)
            {
                OriginalLength = partialLineLength > 0 ? partialLineLength : line.Length;
                line = LineRules.TruncateLine(line, maxLineBytes);
            }

            Current = line;
            return true;
        }

        return false;
    }
}
