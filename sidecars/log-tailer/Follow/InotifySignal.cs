using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using LogTailer.Native;

namespace LogTailer.Follow;

/// <summary>inotify(7), read only while somebody waits: under a heavy writer the kernel folds the events of a whole block into one.</summary>
/// <remarks>FileSystemWatcher reads, decodes and allocates for every single write, which costs more than the tailing itself.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class InotifySignal : IChangeSignal
{
    private const int EventHeaderBytes = 16;
    private const uint Modified = 0x2;

    private readonly int _inotify;
    private readonly int _wakeRead;
    private readonly int _wakeWrite;
    private readonly SemaphoreSlim _listen = new(0);
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly Thread _listener;
    private Change _change;
    private bool _listening;
    private volatile bool _disposed;

    private InotifySignal(int inotify, int wakeRead, int wakeWrite)
    {
        (_inotify, _wakeRead, _wakeWrite) = (inotify, wakeRead, wakeWrite);
        _listener = new Thread(Listen) { IsBackground = true, Name = "inotify" };
        _listener.Start();
    }

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

    public void Watch(string directory) => _ = Libc.InotifyAddWatch(_inotify, directory, Libc.InotifyMask);

    public async ValueTask<Change> WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (!_listening)
        {
            _listening = true;
            _listen.Release();
        }

        try
        {
            if (await _changed.WaitAsync(atMost, cancellationToken))
            {
                _listening = false;
                return _change;
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever cancels wants the wait to end, and it has.
        }

        return Change.None;
    }

    public unsafe void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        byte one = 1;
        _ = Libc.Write(_wakeWrite, &one, 1);
        _listen.Release();
        _listener.Join();
        _ = Libc.Close(_inotify);
        _ = Libc.Close(_wakeRead);
        _ = Libc.Close(_wakeWrite);
        _listen.Dispose();
        _changed.Dispose();
    }

    private unsafe void Listen()
    {
        var buffer = new byte[16 * 1024];
        var descriptors = stackalloc Libc.PollDescriptor[2];
        descriptors[0] = new Libc.PollDescriptor { Descriptor = _inotify, Events = Libc.PollIn };
        descriptors[1] = new Libc.PollDescriptor { Descriptor = _wakeRead, Events = Libc.PollIn };

        while (true)
        {
            _listen.Wait();

            while (!_disposed && Libc.Poll(descriptors, 2, -1) < 0 && Marshal.GetLastPInvokeError() == Libc.ErrorInterrupted)
            {
                // A signal that .NET handles elsewhere.
            }

            if (_disposed)
            {
                return;
            }

            _change = ReadEvents(buffer);
            _changed.Release();
        }
    }

    private unsafe Change ReadEvents(byte[] buffer)
    {
        var change = Change.Content;

        fixed (byte* bytes = buffer)
        {
            nint read;

            while ((read = Libc.Read(_inotify, bytes, buffer.Length)) > 0)
            {
                for (nint at = 0; at + EventHeaderBytes <= read; at += EventHeaderBytes + (nint)(*(uint*)(bytes + at + 12)))
                {
                    if ((*(uint*)(bytes + at + 4) & ~Modified) != 0)
                    {
                        change = Change.Names;
                    }
                }
            }
        }

        return change;
    }
}
