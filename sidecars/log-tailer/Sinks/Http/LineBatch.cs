using System.Text;
using System.Text.Unicode;
using LogTailer.Flow;
using LogTailer.Lines;
using LogTailer.Transform;

namespace LogTailer.Sinks.Http;

/// <summary>Lines on their way together, with where each comes from, and the receipts to hand in once they have arrived.</summary>
internal sealed class LineBatch(int maxBytes, int maxLines, bool needsText, TransformSlot slot)
{
    private readonly ByteBuffer _bytes = new(64 * 1024);
    private readonly List<Entry> _lines = [];
    private readonly List<Receipt> _receipts = [];

    public int Count => _lines.Count;

    public bool IsFull => _bytes.Length >= maxBytes || _lines.Count >= maxLines;

    public IReadOnlyList<Receipt> Receipts => _receipts;

    /// <summary>How many lines the filter has dropped.</summary>
    public int Filtered { get; private set; }

    public ReadOnlySpan<byte> this[int index] => _bytes.Bytes.Slice(_lines[index].Start, _lines[index].Length);

    /// <summary>Where a line comes from.</summary>
    public Entry Source(int index) => _lines[index];

    /// <summary>Takes lines from a block, from <paramref name="position"/> on, until it is full.</summary>
    /// <returns>Where in the block to go on; its length when nothing is left.</returns>
    public int Take(Block block, int position)
    {
        var lines = new LineEnumerator(block.Bytes[position..], block.MaxLineBytes, block.LengthInFile);
        var (taken, cut) = (0, 0);
        var transform = slot.Current;

        while (!IsFull && lines.MoveNext())
        {
            taken++;
            cut += lines.CutFrom > 0 ? 1 : 0;
            Append(lines.Current, lines.CutFrom, transform, block, block.Start + position + lines.Offset);
        }

        // An over-long line takes more of the file than of the block, so the block's own end counts where it is all taken.
        var next = position + lines.Consumed;
        var end = next == block.Length ? block.End : block.Start + next;
        _receipts.Add(new Receipt(block.File, end, end - block.Start - position, taken, cut, block.Written));
        return next;
    }

    public void Clear()
    {
        _bytes.Clear();
        _lines.Clear();
        _receipts.Clear();
        Filtered = 0;
    }

    private void Append(ReadOnlySpan<byte> line, long cutFrom, LineTransform? transform, Block block, long offset)
    {
        var start = _bytes.Length;

        if (transform is not null)
        {
            if (!transform.Apply(line, cutFrom, _bytes))
            {
                Filtered++;
                return;
            }
        }
        else
        {
            _bytes.Append(line);

            if (cutFrom > 0)
            {
                _bytes.Append(LineRules.CutMark(cutFrom));
            }
        }

        if (needsText && !Utf8.IsValid(_bytes.Bytes[start..]))
        {
            var text = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(_bytes.Bytes[start..]));
            _bytes.TruncateTo(start);
            _bytes.Append(text);
        }

        _lines.Add(new Entry(start, _bytes.Length - start, block.File, offset, block.Written));
    }

    /// <param name="Start">Where the line begins in the batch.</param>
    /// <param name="Length">Its bytes.</param>
    /// <param name="File">The file that it stands in.</param>
    /// <param name="Offset">Where it begins there.</param>
    /// <param name="Written">When the file was last written to as of the reading.</param>
    internal readonly record struct Entry(int Start, int Length, Follow.FollowedFile File, long Offset, DateTime Written);
}
