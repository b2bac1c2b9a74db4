using System.Buffers;
using LogTailer.Files;
using LogTailer.Lines;

namespace LogTailer.Blocks;

/// <summary>Complete lines of one file, unchanged, in a pooled buffer.</summary>
internal sealed class Block
{
    /// <summary>The buffer size, unless a single line needs more.</summary>
    public const int DefaultBytes = 256 * 1024;

    private readonly byte[] _defaultBuffer = GC.AllocateUninitializedArray<byte>(DefaultBytes, pinned: true);
    private byte[]? _largeBuffer;

    public FollowedFile File { get; private set; } = null!;

    /// <summary>The entire buffer, to read into.</summary>
    public byte[] Buffer => _largeBuffer ?? _defaultBuffer;

    /// <summary>The number of bytes in the buffer that hold lines.</summary>
    public int Length { get; private set; }

    /// <summary>The offset of the block in the file.</summary>
    public long Start { get; private set; }

    /// <summary>The offset where reading continues after the block; the sink acknowledges up to here.</summary>
    public long End { get; private set; }

    /// <summary>The number of lines to ship, without the empty ones.</summary>
    public int Lines { get; private set; }

    /// <summary>The number of lines over the limit, which are shipped truncated.</summary>
    public int TruncatedLines { get; private set; }

    /// <summary>Whether the bytes can be shipped unchanged: no empty line, no CR before a line end, no line over the limit.</summary>
    public bool IsVerbatim { get; private set; }

    /// <summary>The length in the file when the block contains only the start of a single line; otherwise 0.</summary>
    public long PartialLineLength { get; private set; }

    /// <summary>The modification time of the file when the block was read.</summary>
    public DateTime ModifiedAt { get; private set; }

    public int MaxLineBytes { get; private set; }

    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Length);

    /// <summary>Enumerates the lines to ship, by the rules of <see cref="LineEnumerator"/>.</summary>
    public LineEnumerator EnumerateLines() => new(Bytes, MaxLineBytes, PartialLineLength);

    /// <summary>Enlarges the buffer for a line that does not fit. The content of the buffer is lost.</summary>
    public void EnsureCapacity(int bytes)
    {
        if (Buffer.Length >= bytes)
        {
            return;
        }

        ClearContent();
        _largeBuffer = ArrayPool<byte>.Shared.Rent(bytes);
    }

    /// <summary>Declares what was read into the buffer.</summary>
    public void SetContent(FollowedFile file, long start, long end, int length, int maxLineBytes, long partialLineLength = 0)
    {
        (File, Start, End, Length, MaxLineBytes, PartialLineLength) = (file, start, end, length, maxLineBytes, partialLineLength);
        ModifiedAt = file.Modified;
        (Lines, TruncatedLines, IsVerbatim) = LineRules.MeasureLines(Bytes, maxLineBytes);

        if (partialLineLength > 0)
        {
            (TruncatedLines, IsVerbatim) = (Lines, false);
        }
    }

    /// <summary>Empties the block and returns an enlarged buffer.</summary>
    public void ClearContent()
    {
        if (_largeBuffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_largeBuffer);
            _largeBuffer = null;
        }

        Length = 0;
    }
}
