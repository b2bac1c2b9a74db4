using System.Runtime.InteropServices;

namespace EndToEnd;

/// <summary>What .NET has no call for: signals to any process, and a rename that replaces a link to a directory in one step.</summary>
internal static partial class Libc
{
    public static void Send(int process, int signal) => _ = Kill(process, signal);

    public static void Rename(string from, string to)
    {
        if (NativeRename(from, to) != 0)
        {
            throw new IOException($"rename {from} to {to}: errno {Marshal.GetLastPInvokeError()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeRename(string from, string to);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
