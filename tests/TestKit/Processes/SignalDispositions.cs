using System.Runtime.InteropServices;

namespace TestKit;

/// <summary>
/// Handles signals that this process ignores because its parent ignored them: <c>nohup</c> ignores SIGHUP, and a shell ignores
/// SIGINT and SIGQUIT in a background job. A child process would inherit that, and a test could not stop it with the signal.
/// </summary>
internal static unsafe partial class SignalDispositions
{
    private const nint Default = 0;
    private const nint Ignore = 1;

    // struct sigaction has at most 152 bytes (Linux, x64) and starts with the handler on Linux and macOS.
    private const int ActionSize = 512;

    private static readonly int[] ResetSignals = [UnixSignal.Hangup, UnixSignal.Interrupt, UnixSignal.Quit, UnixSignal.Terminate];
    private static readonly Lock Guard = new();

    /// <summary>
    /// Runs <paramref name="start"/> while the ignored signals have their default action, which the started process inherits.
    /// </summary>
    public static T StartWithDefaults<T>(Func<T> start)
    {
        if (OperatingSystem.IsWindows())
        {
            return start();
        }

        lock (Guard)
        {
            var ignored = ResetSignals.Where(IsIgnored).ToArray();
            SetHandlers(ignored, Default);
            try
            {
                return start();
            }
            finally
            {
                SetHandlers(ignored, Ignore);
            }
        }
    }

    private static bool IsIgnored(int signal)
    {
        var action = stackalloc byte[ActionSize];
        return ReadAction(signal, null, action) == 0 && *(nint*)action == Ignore;
    }

    private static void SetHandlers(int[] signals, nint handler)
    {
        foreach (var signal in signals)
        {
            SetHandler(signal, handler);
        }
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int ReadAction(int signal, byte* action, byte* oldAction);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);
}
