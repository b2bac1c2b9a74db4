using System.Runtime.InteropServices;

namespace TestKit;

/// <summary>
/// rename(2): replaces the destination atomically, even if it is a symbolic link. <see cref="File.Move(string, string, bool)"/>
/// follows the link.
/// </summary>
public static partial class AtomicRename
{
    /// <summary>Renames a file or a link over the destination.</summary>
    /// <exception cref="IOException">The system call failed.</exception>
    public static void Replace(string source, string destination)
    {
        if (Rename(source, destination) != 0)
        {
            throw new IOException($"rename {source} to {destination} failed with errno {Marshal.GetLastPInvokeError()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string source, string destination);
}
