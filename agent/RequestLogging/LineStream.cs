using Microsoft.Win32.SafeHandles;

namespace Agent.RequestLogging;

/// <summary>
/// The stream between Serilog's file sink and the file. It collects complete lines, writes them with a single write per
/// <see cref="CommitLines"/>, and keeps lines complete on a full disk.
/// </summary>
/// <remarks>
/// One write per line would cost more than the request that the line describes. A <see cref="FileStream"/> is not enough, because
/// after a failed write it keeps the bytes in its buffer: on a full disk they accumulate, are cut where the buffer ends, and are
/// later joined to other lines. Here, a line is dropped and counted if no byte of it was written, and completed before anything
/// else is written if only a part was written. Truncating it instead would be wrong: a tailer may have read its start already,
/// and would treat the shorter file as a new one.
/// </remarks>
internal sealed class LineStream : Stream
{
    private readonly FileStream _file;
    private readonly SafeFileHandle _handle;
    private readonly MemoryStream _pending = new(512);
    private byte[] _restOfPartialLine = [];
    private long _length;

    public LineStream(FileStream file)
    {
        _file = file;
        _handle = file.SafeFileHandle;
        IsRegular = file.CanSeek;
        _length = IsRegular ? RandomAccess.GetLength(_handle) : 0;
    }

    /// <summary>Whether this is a regular file with a length, and not a device or a pipe.</summary>
    public bool IsRegular { get; }

    /// <summary>Bytes that the next <see cref="CommitLines"/> will write.</summary>
    public long PendingBytes => _pending.Length;

    /// <summary>Lines that the next <see cref="CommitLines"/> will write.</summary>
    public int PendingLines { get; private set; }

    /// <summary>The file's length after the last write.</summary>
    public override long Length => _length;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

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

    /// <summary>Does nothing: the sink flushes after every event, but only <see cref="CommitLines"/> writes.</summary>
    public override void Flush()
    {
    }

    /// <summary>Writes the pending lines. Afterwards none is pending, even after a failure.</summary>
    /// <returns>The number of lines that are in the file, completely or partly; the cause is not null if the others were lost.</returns>
    public (int Written, IOException? Cause) CommitLines()
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

            CompletePartialLine();
            var before = _length;
            try
            {
                AppendBytes(lines);
                return (PendingLines, null);
            }
            catch (IOException cause)
            {
                var written = KeepPartialLine(lines, (int)(_length - before));
                return (written, written < PendingLines ? cause : null);
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

    /// <summary>Ends a line that a crash left without its newline, so that the next line is not joined to it.</summary>
    public void EndPartialLine()
    {
        if (!IsRegular || _length == 0)
        {
            return;
        }

        // Serilog opens the file for writing only, so reading needs another handle.
        Span<byte> last = stackalloc byte[1];
        using var reader = File.OpenHandle(_file.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (RandomAccess.Read(reader, last, _length - 1) == 1 && last[0] != '\n')
        {
            AppendBytes("\n"u8);
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

    /// <exception cref="IOException">The line is still incomplete.</exception>
    private void CompletePartialLine()
    {
        if (_restOfPartialLine.Length > 0)
        {
            var before = _length;
            try
            {
                AppendBytes(_restOfPartialLine);
                _restOfPartialLine = [];
            }
            catch (IOException)
            {
                _restOfPartialLine = _restOfPartialLine[(int)(_length - before)..];
                throw;
            }
        }
    }

    /// <summary>Keeps the rest of a line that is only partly in the file.</summary>
    /// <returns>The number of complete and partly written lines.</returns>
    private int KeepPartialLine(ReadOnlySpan<byte> lines, int writtenBytes)
    {
        var complete = lines[..writtenBytes].Count((byte)'\n');
        if (writtenBytes == 0 || lines[writtenBytes - 1] == '\n')
        {
            _restOfPartialLine = [];
            return complete;
        }

        var rest = lines[writtenBytes..];
        _restOfPartialLine = rest[..(rest.IndexOf((byte)'\n') + 1)].ToArray();
        return complete + 1;
    }

    private void AppendBytes(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(_handle, bytes, _length);
            _length += bytes.Length;
        }
        catch (IOException)
        {
            // The exception does not contain the number of written bytes. This process is the only writer, so the length shows it.
            _length += Math.Clamp(RandomAccess.GetLength(_handle) - _length, 0, bytes.Length);
            throw;
        }
    }
}
