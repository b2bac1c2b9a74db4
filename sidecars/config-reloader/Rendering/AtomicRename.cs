using System.Runtime.InteropServices;

namespace ConfigReloader.Rendering;

/// <summary>
/// rename(2). <see cref="File.Move(string, string, bool)"/> follows links, but here the link itself has to be moved.
/// </summary>
internal static partial class AtomicRename
{
    /// <summary>Replaces <paramref name="destination"/> by <paramref name="source"/> atomically.</summary>
    /// <exception cref="IOException">The system call failed.</exception>
    public static void ReplacePath(string source, string destination)
    {
        if (RenamePath(source, destination) != 0)
        {
            throw new IOException($"{source} cannot be renamed to {destination}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenamePath(string source, string destination);
}
