using System.Runtime.InteropServices;
using LogTailer.Blocks;
using LogTailer.Native;

namespace LogTailer.Sinks.Streams;

/// <summary>Writes to standard output with write(2): the stream of .NET ignores a broken pipe, which would lose lines silently.</summary>
internal sealed class StandardOutputStream : IByteStream
{
    private const int Descriptor = 1;

    private readonly Stream? _console = OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : null;

    public StandardOutputStream()
    {
        // A pipe has 64 KiB by default. Enlarge it, so that one write accepts a whole block. The call fails for anything but a pipe.
        if (OperatingSystem.IsLinux() && Libc.FileControl(Descriptor, Libc.GetPipeSize, 0) is > 0 and < Block.DefaultBytes)
        {
            _ = Libc.FileControl(Descriptor, Libc.SetPipeSize, Block.DefaultBytes);
        }
    }

    public string Name => "stdout";

    public unsafe int WriteBytes(ReadOnlySpan<byte> bytes)
    {
        if (_console is not null)
        {
            _console.Write(bytes);
            return bytes.Length;
        }

        while (true)
        {
            nint written;

            fixed (byte* start = bytes)
            {
                written = Libc.WriteBytes(Descriptor, start, bytes.Length);
            }

            if (written > 0)
            {
                return (int)written;
            }

            HandleWriteError(Marshal.GetLastPInvokeError());
        }
    }

    public void Dispose() => _console?.Dispose();

    /// <summary>Returns when the write can be repeated.</summary>
    private static unsafe void HandleWriteError(int error)
    {
        switch (error)
        {
            case var again when again == Libc.ErrorAgain:
                // Another process that shares the pipe has made it non-blocking.
                var descriptor = new Libc.PollDescriptor { Descriptor = Descriptor, Events = Libc.PollOut };
                _ = Libc.PollDescriptors(&descriptor, 1, -1);
                break;
            case Libc.ErrorPipe:
                throw new BrokenStreamException("The reader of stdout has closed it (broken pipe).");
            case not Libc.ErrorInterrupted:
                throw new IOException($"stdout cannot be written: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }
}
