using System.Runtime.InteropServices;

namespace ConfigReloader.Rendering;

/// <summary>rename(2) itself: <see cref="File.Move(string, string, bool)"/> looks through links, and here the link is what is moved.</summary>
internal static partial class AtomicRename
{
    /// <summary>Puts <paramref name="source"/> in the place of <paramref name="destination"/>; every reader sees the one or the other.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Over(string source, string destination)
    {
        if (Rename(source, destination) != 0)
        {
            throw new IOException($"{source} cannot be renamed to {destination}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string source, string destination);
}
