using System.Runtime.InteropServices;

namespace EndToEnd;

/// <summary>Signals to processes that this test did not start itself.</summary>
internal static partial class Signals
{
    public static void Send(int process, int signal) => _ = Kill(process, signal);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
