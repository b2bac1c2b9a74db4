using Microsoft.Win32.SafeHandles;

namespace Agent.RequestLogging;

/// <summary>
/// The stream below Serilog's file sink: gathers whole lines, hands them to the file in one write when told to, and takes care
/// of what a full disk does to them. Whatever is written to it must be whole lines.
/// </summary>
/// <remarks>
/// A write a line would cost more than the request that the line is about. And a <see cref="FileStream"/> keeps in its buffer
/// what it could not write: with the disk full, lines pile up there, are cut where the buffer ends, and come out joined once
/// there is space. Here a line that could not be begun is gone (and counted), and one that got half of its bytes into the file
/// is finished before anything else is written. It is not cut off instead, since a tailer may have read that half already, and
/// would take the shrunk file for a new one.
/// </remarks>
internal sealed class WholeLines : Stream
{
    private readonly FileStream _file;
    private readonly SafeFileHandle _handle;
    private readonly MemoryStream _pending = new(512);
    private byte[] _unfinished = [];

    public WholeLines(FileStream file)
    {
        _file = file;
        _handle = file.SafeFileHandle;
        IsRegular = file.CanSeek;
        End = IsRegular ? RandomAccess.GetLength(_handle) : 0;
    }

    /// <summary>Whether it is a file, with a length, and not a device or a pipe.</summary>
    public bool IsRegular { get; }

    /// <summary>The file's length as this stream left it.</summary>
    public long End { get; private set; }

    /// <summary>Bytes that the next <see cref="Commit"/> will write.</summary>
    public long PendingBytes => _pending.Length;

    /// <summary>Whole lines among them.</summary>
    public int PendingLines { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _pending.Write(buffer);
        PendingLines += buffer.Count((byte)'\n');
    }

    /// <summary>Does nothing: the sink flushes after each of its events, and only <see cref="Commit"/> knows when it is time.</summary>
    public override void Flush()
    {
    }

    /// <summary>Writes the pending lines; none is pending afterwards, whatever came of it.</summary>
    /// <returns>
    /// How many of them are in the file, or begun there and sure to be finished; the others are gone, and then the cause is not null.
    /// </returns>
    public (int Kept, IOException? Cause) Commit()
    {
        var lines = _pending.GetBuffer().AsSpan(0, (int)_pending.Length);
        try
        {
            if (!IsRegular)
            {
                _file.Write(lines);
                _file.Flush();
                return (PendingLines, null);
            }

            FinishBrokenLine();
            var before = End;
            try
            {
                Append(lines);
                return (PendingLines, null);
            }
            catch (IOException cause)
            {
                var kept = KeepBegun(lines, (int)(End - before));
                return (kept, kept < PendingLines ? cause : null);
            }
        }
        catch (IOException cause)
        {
            return (0, cause);
        }
        finally
        {
            _pending.SetLength(0);
            PendingLines = 0;
        }
    }

    /// <summary>A crash may have left a line without its end; whatever comes next must not be joined to it.</summary>
    public void CloseForeignLine()
    {
        if (!IsRegular || End == 0)
        {
            return;
        }

        // Opened for writing alone, as Serilog does, this handle cannot read.
        Span<byte> last = stackalloc byte[1];
        using var reader = File.OpenHandle(_file.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (RandomAccess.Read(reader, last, End - 1) == 1 && last[0] != '\n')
        {
            Append("\n"u8);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
            _pending.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <exception cref="IOException">It is still not finished.</exception>
    private void FinishBrokenLine()
    {
        if (_unfinished.Length > 0)
        {
            var before = End;
            try
            {
                Append(_unfinished);
                _unfinished = [];
            }
            catch (IOException)
            {
                _unfinished = _unfinished[(int)(End - before)..];
                throw;
            }
        }
    }

    /// <summary>Notes what is missing of the line in whose middle the writing ended.</summary>
    /// <returns>How many lines are written or begun.</returns>
    private int KeepBegun(ReadOnlySpan<byte> lines, int written)
    {
        var begun = lines[..written].Count((byte)'\n');
        if (written == 0 || lines[written - 1] == '\n')
        {
            _unfinished = [];
            return begun;
        }

        var rest = lines[written..];
        _unfinished = rest[..(rest.IndexOf((byte)'\n') + 1)].ToArray();
        return begun + 1;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(_handle, bytes, End);
            End += bytes.Length;
        }
        catch (IOException)
        {
            // How much was written is not in the exception, but nobody else writes here, so the length tells.
            End += Math.Clamp(RandomAccess.GetLength(_handle) - End, 0, bytes.Length);
            throw;
        }
    }
}
