using System.Runtime.InteropServices;

namespace TestKit.Tests.Processes;

/// <summary>Ignores a signal in this process until disposal. The saved action is opaque: it may belong to the runtime.</summary>
internal sealed unsafe partial class IgnoredSignal : IDisposable
{
    private const nint Ignore = 1;

    private readonly int _signal;
    private readonly byte[] _savedAction = new byte[512];

    public IgnoredSignal(int signal)
    {
        _signal = signal;
        fixed (byte* saved = _savedAction)
        {
            Assert.Equal(0, ChangeAction(signal, null, saved));
        }

        SetHandler(signal, Ignore);
    }

    public void Dispose()
    {
        fixed (byte* saved = _savedAction)
        {
            Assert.Equal(0, ChangeAction(_signal, saved, null));
        }
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int ChangeAction(int signal, byte* action, byte* oldAction);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);
}
