using LogTailer.Blocks;
using LogTailer.Files;
using LogTailer.Lines;

namespace LogTailer.Follow.Remote;

/// <summary>Assembles received bytes into lines and passes them to the sink as blocks.</summary>
internal sealed class RemoteBlockWriter(TailOptions options, BlockQueue queue, TimeProvider time)
{
    private readonly LineAssembler _lines = new(options.MaxLineBytes);

    /// <summary>Discards an incomplete line, before a new response.</summary>
    public void DiscardPartialLine() => _lines.ClearLines();

    /// <summary>Counts the bytes of the lines that are completed by <paramref name="bytes"/>, without shipping them.</summary>
    public long SkipLines(ReadOnlyMemory<byte> bytes)
    {
        var skipped = 0L;

        for (; _lines.TryAssembleLines(ref bytes); _lines.ClearLines())
        {
            skipped += _lines.LengthInLog;
        }

        return skipped;
    }

    /// <summary>Passes on the lines that are completed by <paramref name="bytes"/>.</summary>
    /// <param name="file">The file that the bytes belong to.</param>
    /// <param name="bytes">The received bytes.</param>
    /// <param name="prefix">The first bytes of the log when the server provides no positions; otherwise null.</param>
    /// <param name="cancellationToken">Cancels waiting for a free block.</param>
    public async Task WriteLinesAsync(FollowedFile file, ReadOnlyMemory<byte> bytes, LogPrefix? prefix, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            if (_lines.TryAssembleLines(ref bytes))
            {
                await EnqueueLinesAsync(file, cancellationToken);
                file.Fingerprint = prefix?.GetFingerprint(file.ReadOffset) ?? default;
                _lines.ClearLines();
            }
        }
    }

    /// <summary>Enqueues the assembled lines when a block is free.</summary>
    private async Task EnqueueLinesAsync(FollowedFile file, CancellationToken cancellationToken)
    {
        var start = file.ReadOffset;
        var end = start + _lines.LengthInLog;
        var markLength = start == 0 && _lines.Bytes.StartsWith(LineRules.ByteOrderMark) ? LineRules.ByteOrderMark.Length : 0;
        file.Modified = time.GetUtcNow().UtcDateTime;
        file.Size = end;
        Block? block;

        while ((block = await queue.RentBlockAsync(options.PollInterval, cancellationToken)) is null && !queue.DropsLines)
        {
            // Meanwhile the connection's buffers fill up, and the server waits.
        }

        if (block is null)
        {
            // The next enqueued block acknowledges past the dropped lines, in order.
            queue.ReportDroppedLines(LineRules.MeasureLines(_lines.Bytes[markLength..], options.MaxLineBytes).Lines);
        }
        else
        {
            var lines = _lines.Bytes[markLength..];
            block.EnsureCapacity(lines.Length);
            lines.CopyTo(block.Buffer);
            block.SetContent(file, start + markLength, end, lines.Length, options.MaxLineBytes, _lines.PartialLineLength);
            queue.EnqueueBlock(block);
        }

        file.ReadOffset = end;
    }
}
