using Microsoft.Win32.SafeHandles;

namespace Agent.RequestLogging;

/// <summary>
/// The stream below Serilog's file sink, which flushes once a line: hands each line to the file in one write, and takes care
/// of what a full disk does to it.
/// </summary>
/// <remarks>
/// A <see cref="FileStream"/> keeps in its buffer what it could not write: with the disk full, lines pile up there, are cut
/// where the buffer ends, and come out joined once there is space. Here a line that could not be begun is gone (its writer
/// gets the exception, and counts it), and one that got half of its bytes into the file is finished before anything else is
/// written. It is not cut off instead, since a tailer may have read that half already, and would take the shrunk file for a new one.
/// </remarks>
internal sealed class WholeLines : Stream
{
    private readonly FileStream _file;
    private readonly SafeFileHandle _handle;
    private readonly MemoryStream _line = new(512);
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

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => _line.Write(buffer, offset, count);

    public override void Write(ReadOnlySpan<byte> buffer) => _line.Write(buffer);

    /// <exception cref="IOException">The line is not in the file and will not be.</exception>
    public override void Flush()
    {
        if (_line.Length == 0)
        {
            return;
        }

        var line = _line.GetBuffer().AsSpan(0, (int)_line.Length);
        _line.SetLength(0);
        if (!IsRegular)
        {
            _file.Write(line);
            _file.Flush();
            return;
        }

        FinishBrokenLine();
        try
        {
            Append(line);
        }
        catch (IOException) when (_unfinished.Length > 0)
        {
            // Begun, so it will be finished: not lost.
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
            _line.Dispose();
        }

        base.Dispose(disposing);
    }

    private void FinishBrokenLine()
    {
        if (_unfinished.Length > 0)
        {
            var rest = _unfinished;
            _unfinished = [];
            try
            {
                Append(rest);
            }
            catch (IOException) when (_unfinished.Length == 0)
            {
                _unfinished = rest;
                throw;
            }
        }
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
            var written = (int)Math.Clamp(RandomAccess.GetLength(_handle) - End, 0, bytes.Length);
            if (written > 0)
            {
                End += written;
                _unfinished = bytes[written..].ToArray();
            }

            throw;
        }
    }
}
