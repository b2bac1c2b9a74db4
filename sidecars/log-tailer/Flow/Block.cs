using System.Buffers;
using LogTailer.Follow;
using LogTailer.Lines;

namespace LogTailer.Flow;

/// <summary>Whole lines of one file as they stand there, in a pooled buffer, on the way to a sink.</summary>
internal sealed class Block
{
    /// <summary>What a block holds unless a single line needs more.</summary>
    public const int UsualBytes = 256 * 1024;

    private readonly byte[] _usual = GC.AllocateUninitializedArray<byte>(UsualBytes, pinned: true);
    private byte[]? _larger;

    public FollowedFile File { get; private set; } = null!;

    /// <summary>All of the buffer, for reading into.</summary>
    public byte[] Buffer => _larger ?? _usual;

    /// <summary>How much of the buffer holds lines.</summary>
    public int Length { get; private set; }

    /// <summary>Where the block begins in the file.</summary>
    public long Start { get; private set; }

    /// <summary>Where reading goes on after it: what the sink acknowledges.</summary>
    public long End { get; private set; }

    /// <summary>Lines to ship; empty ones do not count.</summary>
    public int Lines { get; private set; }

    /// <summary>How many of them are over the limit and go out cut.</summary>
    public int CutLines { get; private set; }

    /// <summary>Whether the bytes can go out just as they stand: nothing empty, no CR, nothing to cut.</summary>
    public bool AsItIs { get; private set; }

    /// <summary>The length in the file of the one line in this block, where it did not fit into memory; else 0.</summary>
    public long LengthInFile { get; private set; }

    /// <summary>When the file was last written to as of the reading.</summary>
    public DateTime Written { get; private set; }

    public int MaxLineBytes { get; private set; }

    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Length);

    /// <summary>The lines to ship, by the rules of <see cref="LineEnumerator"/>.</summary>
    public LineEnumerator EnumerateLines() => new(Bytes, MaxLineBytes, LengthInFile);

    /// <summary>Makes room for a line that is longer than the usual buffer. What stands in it is lost.</summary>
    public void MakeRoomFor(int bytes)
    {
        if (Buffer.Length >= bytes)
        {
            return;
        }

        Shrink();
        _larger = ArrayPool<byte>.Shared.Rent(bytes);
    }

    /// <summary>States what has been read into the buffer.</summary>
    public void Fill(FollowedFile file, long start, long end, int length, int maxLineBytes, long lengthInFile = 0)
    {
        (File, Start, End, Length, MaxLineBytes, LengthInFile) = (file, start, end, length, maxLineBytes, lengthInFile);
        Written = file.Modified;
        (Lines, CutLines, AsItIs) = LineRules.Measure(Bytes, maxLineBytes);

        if (lengthInFile > 0)
        {
            (CutLines, AsItIs) = (Lines, false);
        }
    }

    /// <summary>Gives back what was more than the usual.</summary>
    public void Shrink()
    {
        if (_larger is not null)
        {
            ArrayPool<byte>.Shared.Return(_larger);
            _larger = null;
        }

        Length = 0;
    }
}
