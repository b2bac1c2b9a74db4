using System.Runtime.Versioning;
using LogTailer.Native;

namespace LogTailer.Follow;

/// <summary>inotify(7), read only while somebody waits: under a heavy writer the kernel folds the events of a whole block into one.</summary>
/// <remarks>FileSystemWatcher reads, decodes and allocates for every single write, which costs more than the tailing itself.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class InotifySignal : IChangeSignal
{
    private const int EventHeaderBytes = 16;

    /// <summary>With a name of 255 bytes and its end.</summary>
    private const int LargestEventBytes = EventHeaderBytes + 256;

    /// <summary>So many buffers hold more than the kernel keeps.</summary>
    private const int MostReads = 64;

    private const uint Modified = 0x2;

    private readonly int _inotify;
    private readonly int _wakeRead;
    private readonly int _wakeWrite;
    private readonly byte[] _events = new byte[16 * 1024];
    private bool _disposed;

    private InotifySignal(int inotify, int wakeRead, int wakeWrite) => (_inotify, _wakeRead, _wakeWrite) = (inotify, wakeRead, wakeWrite);

    /// <summary>Null where the system has no inotify instance left to give.</summary>
    public static unsafe InotifySignal? TryCreate()
    {
        var inotify = Libc.InotifyInit(Libc.InotifyNonBlocking | Libc.InotifyCloseOnExec);

        if (inotify < 0)
        {
            return null;
        }

        var pipe = stackalloc int[2];

        if (Libc.Pipe(pipe) != 0)
        {
            _ = Libc.Close(inotify);
            return null;
        }

        return new InotifySignal(inotify, pipe[0], pipe[1]);
    }

    public bool Watch(string directory) => Libc.InotifyAddWatch(_inotify, directory, Libc.InotifyMask) >= 0;

    /// <remarks>
    /// One call of the kernel, on the caller's own thread: a line wakes nobody but the one who reads it, and a rest costs
    /// nothing but the poll.
    /// </remarks>
    public unsafe Change Wait(TimeSpan atMost)
    {
        var descriptors = stackalloc Libc.PollDescriptor[2];
        descriptors[0] = new Libc.PollDescriptor { Descriptor = _inotify, Events = Libc.PollIn };
        descriptors[1] = new Libc.PollDescriptor { Descriptor = _wakeRead, Events = Libc.PollIn };

        // Interrupted by a signal that .NET handles elsewhere, it is one look too many.
        if (Libc.Poll(descriptors, 2, (int)Math.Ceiling(atMost.TotalMilliseconds)) <= 0)
        {
            return Change.None;
        }

        return descriptors[0].Returned != 0 ? ReadEvents() : Change.None;
    }

    public unsafe void EndWaits()
    {
        // It is never read.
        byte one = 1;
        _ = Libc.Write(_wakeWrite, &one, 1);
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _ = Libc.Close(_inotify);
        _ = Libc.Close(_wakeRead);
        _ = Libc.Close(_wakeWrite);
    }

    /// <summary>Reads what there is. A busy neighbour may write faster than that, and must not keep us here for ever.</summary>
    private unsafe Change ReadEvents()
    {
        var change = Change.Content;

        fixed (byte* bytes = _events)
        {
            nint read;
            var reads = 0;

            do
            {
                read = Libc.Read(_inotify, bytes, _events.Length);

                for (nint at = 0; at + EventHeaderBytes <= read; at += EventHeaderBytes + (nint)(*(uint*)(bytes + at + 12)))
                {
                    if ((*(uint*)(bytes + at + 4) & ~Modified) != 0)
                    {
                        change = Change.Names;
                    }
                }
            }
            while (read > _events.Length - LargestEventBytes && ++reads < MostReads);
        }

        return change;
    }
}
