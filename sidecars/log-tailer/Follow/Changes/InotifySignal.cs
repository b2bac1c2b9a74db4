using System.Runtime.Versioning;
using LogTailer.Native;

namespace LogTailer.Follow.Changes;

/// <summary>Reads inotify(7) events only while the follower waits: the kernel merges the events of a busy writer into a few.</summary>
/// <remarks>FileSystemWatcher reads, decodes and allocates for every single write, which costs more than the tailing itself.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class InotifySignal : IChangeSignal
{
    private const int EventHeaderBytes = 16;

    /// <summary>An event with a name of 255 bytes and its terminator.</summary>
    private const int MaxEventBytes = EventHeaderBytes + 256;

    /// <summary>Enough reads to drain the kernel's event queue.</summary>
    private const int MaxReads = 64;

    private const uint ModifyMask = 0x2;

    private readonly int _inotify;
    private readonly int _wakeRead;
    private readonly int _wakeWrite;
    private readonly byte[] _events = new byte[16 * 1024];
    private bool _disposed;

    private InotifySignal(int inotify, int wakeRead, int wakeWrite) => (_inotify, _wakeRead, _wakeWrite) = (inotify, wakeRead, wakeWrite);

    /// <summary>Creates an instance; null when the system limit on inotify instances is reached.</summary>
    public static unsafe InotifySignal? TryCreate()
    {
        var inotify = Libc.InotifyInit(Libc.InotifyNonBlocking | Libc.InotifyCloseOnExec);

        if (inotify < 0)
        {
            return null;
        }

        var pipe = stackalloc int[2];

        if (Libc.CreatePipe(pipe) != 0)
        {
            _ = Libc.CloseDescriptor(inotify);
            return null;
        }

        return new InotifySignal(inotify, pipe[0], pipe[1]);
    }

    public bool WatchDirectory(string directory) => Libc.InotifyAddWatch(_inotify, directory, Libc.InotifyMask) >= 0;

    /// <remarks>A single poll(2) call on the caller's own thread: a new line wakes only the thread that reads it.</remarks>
    public unsafe FileChange WaitForChange(TimeSpan timeout)
    {
        var descriptors = stackalloc Libc.PollDescriptor[2];
        descriptors[0] = new Libc.PollDescriptor { Descriptor = _inotify, Events = Libc.PollIn };
        descriptors[1] = new Libc.PollDescriptor { Descriptor = _wakeRead, Events = Libc.PollIn };

        // An interrupted call (EINTR) counts as a timeout: it causes one extra scan.
        if (Libc.PollDescriptors(descriptors, 2, (int)Math.Ceiling(timeout.TotalMilliseconds)) <= 0)
        {
            return FileChange.None;
        }

        return descriptors[0].Returned != 0 ? ReadEvents() : FileChange.None;
    }

    public unsafe void CancelWaits()
    {
        // The byte is never read, so every later wait returns immediately too.
        byte one = 1;
        _ = Libc.WriteBytes(_wakeWrite, &one, 1);
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _ = Libc.CloseDescriptor(_inotify);
        _ = Libc.CloseDescriptor(_wakeRead);
        _ = Libc.CloseDescriptor(_wakeWrite);
    }

    /// <summary>
    /// Reads the pending events. The number of reads is limited, because a busy writer may add events faster than they are read.
    /// </summary>
    private unsafe FileChange ReadEvents()
    {
        var change = FileChange.Content;

        fixed (byte* bytes = _events)
        {
            nint read;
            var reads = 0;

            do
            {
                read = Libc.ReadBytes(_inotify, bytes, _events.Length);

                for (nint at = 0; at + EventHeaderBytes <= read; at += EventHeaderBytes + (nint)(*(uint*)(bytes + at + 12)))
                {
                    if ((*(uint*)(bytes + at + 4) & ~ModifyMask) != 0)
                    {
                        change = FileChange.Names;
                    }
                }
            }
            while (read > _events.Length - MaxEventBytes && ++reads < MaxReads);
        }

        return change;
    }
}
