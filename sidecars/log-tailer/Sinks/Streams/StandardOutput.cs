using System.Runtime.InteropServices;
using LogTailer.Native;

namespace LogTailer.Sinks.Streams;

/// <summary>
/// The standard output by write(2): .NET's own stream keeps silent about a reader that has gone, and silence is what a log
/// tailer must not have.
/// </summary>
internal sealed class StandardOutput : IByteStream
{
    private const int Descriptor = 1;

    public StandardOutput()
    {
        // A block in one go, where the reader of a pipe of the usual 64 KiB would have to be waited for four times.
        // Anything but a pipe refuses, and goes on as it is.
        if (OperatingSystem.IsLinux() && Libc.FileControl(Descriptor, Libc.GetPipeSize, 0) is > 0 and < Flow.Block.UsualBytes)
        {
            _ = Libc.FileControl(Descriptor, Libc.SetPipeSize, Flow.Block.UsualBytes);
        }
    }

    private readonly Stream? _console = OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : null;

    public string Name => "stdout";

    public unsafe int Write(ReadOnlySpan<byte> bytes)
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
                written = Libc.Write(Descriptor, start, bytes.Length);
            }

            if (written > 0)
            {
                return (int)written;
            }

            var error = Marshal.GetLastPInvokeError();

            if (error == Libc.ErrorAgain)
            {
                // Somebody who shares the pipe has made it non-blocking.
                var descriptor = new Libc.PollDescriptor { Descriptor = Descriptor, Events = Libc.PollOut };
                _ = Libc.Poll(&descriptor, 1, -1);
            }
            else if (error == Libc.ErrorPipe)
            {
                throw new BrokenStreamException("Nobody reads stdout any more (broken pipe).");
            }
            else if (error != Libc.ErrorInterrupted)
            {
                throw new IOException($"stdout cannot be written to: {Marshal.GetPInvokeErrorMessage(error)}.");
            }
        }
    }

    public void Dispose() => _console?.Dispose();
}
