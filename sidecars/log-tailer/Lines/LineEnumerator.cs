namespace LogTailer.Lines;

/// <summary>Goes through the lines of a block: without their ends (LF or CRLF), without empty ones, and cut at the limit.</summary>
internal ref struct LineEnumerator(ReadOnlySpan<byte> block, int maxLineBytes, long lengthInFile)
{
    private ReadOnlySpan<byte> _rest = block;
    private int _position;

    /// <summary>The line's bytes, at most the limit.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>Where the line begins in the block.</summary>
    public int Offset { get; private set; }

    /// <summary>How much of the block is behind: the line and its end.</summary>
    public readonly int Consumed => _position;

    /// <summary>The line's length in the file where <see cref="Current"/> is only its beginning; else 0.</summary>
    public long CutFrom { get; private set; }

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

            CutFrom = lengthInFile;

            if (line.Length > maxLineBytes)
            {
                CutFrom = lengthInFile > 0 ? lengthInFile : line.Length;
                line = LineRules.Cut(line, maxLineBytes);
            }

            Current = line;
            return true;
        }

        return false;
    }
}
