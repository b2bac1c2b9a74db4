using System.Text;
using System.Text.Unicode;
using LogTailer.Blocks;
using LogTailer.Files;
using LogTailer.Lines;
using LogTailer.Transform;

namespace LogTailer.Sinks.Http;

/// <summary>The lines of one batch with their origin, and the receipts to acknowledge when they are delivered.</summary>
internal sealed class LineBatch(int maxBytes, int maxLines, bool requiresText, TransformSlot slot)
{
    private readonly ByteBuffer _bytes = new(64 * 1024);
    private readonly List<Entry> _lines = [];
    private readonly List<LineReceipt> _receipts = [];

    public int Count => _lines.Count;

    public bool IsFull => _bytes.Length >= maxBytes || _lines.Count >= maxLines;

    public IReadOnlyList<LineReceipt> Receipts => _receipts;

    /// <summary>The number of lines dropped by the filter.</summary>
    public int FilteredLines { get; private set; }

    public ReadOnlySpan<byte> this[int index] => _bytes.Bytes.Slice(_lines[index].Start, _lines[index].Length);

    /// <summary>The origin of a line.</summary>
    public Entry GetOrigin(int index) => _lines[index];

    /// <summary>Adds lines of a block, starting at <paramref name="position"/>, until the batch is full.</summary>
    /// <returns>The position in the block to continue at; its length when all lines were added.</returns>
    public int AddLines(Block block, int position)
    {
        var lines = new LineEnumerator(block.Bytes[position..], block.MaxLineBytes, block.PartialLineLength);
        var (added, truncated) = (0, 0);
        var transform = slot.Current;

        while (!IsFull && lines.MoveNext())
        {
            added++;
            truncated += lines.OriginalLength > 0 ? 1 : 0;
            AddLine(lines.Current, lines.OriginalLength, transform, block, block.Start + position + lines.Offset);
        }

        // A partial line is longer in the file than in the block, so at the end of the block its own end offset counts.
        var next = position + lines.Consumed;
        var end = next == block.Length ? block.End : block.Start + next;
        _receipts.Add(new LineReceipt(block.File, end, end - block.Start - position, added, truncated, block.ModifiedAt));
        return next;
    }

    public void ClearLines()
    {
        _bytes.ClearBytes();
        _lines.Clear();
        _receipts.Clear();
        FilteredLines = 0;
    }

    private void AddLine(ReadOnlySpan<byte> line, long originalLength, LineTransform? transform, Block block, long offset)
    {
        var start = _bytes.Length;

        if (transform is not null)
        {
            if (!transform.TryApply(line, originalLength, _bytes))
            {
                FilteredLines++;
                return;
            }
        }
        else
        {
            _bytes.AppendBytes(line);

            if (originalLength > 0)
            {
                _bytes.AppendBytes(LineRules.FormatTruncationMark(originalLength));
            }
        }

        if (requiresText && !Utf8.IsValid(_bytes.Bytes[start..]))
        {
            var text = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(_bytes.Bytes[start..]));
            _bytes.TruncateTo(start);
            _bytes.AppendBytes(text);
        }

        _lines.Add(new Entry(start, _bytes.Length - start, block.File, offset, block.ModifiedAt));
    }

    /// <param name="Start">The offset of the line in the batch.</param>
    /// <param name="Length">The length of the line in bytes.</param>
    /// <param name="File">The file that contains the line.</param>
    /// <param name="Offset">The offset of the line in the file.</param>
    /// <param name="ModifiedAt">The modification time of the file when the line was read.</param>
    internal readonly record struct Entry(int Start, int Length, FollowedFile File, long Offset, DateTime ModifiedAt);
}
