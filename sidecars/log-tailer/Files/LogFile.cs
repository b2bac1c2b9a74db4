using Microsoft.Win32.SafeHandles;

namespace LogTailer.Files;

/// <summary>File operations that are specific to log files.</summary>
internal static class LogFile
{
    /// <summary>Opens a file for reading without blocking its writer, its rotation or its deletion.</summary>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">This user has no permission to read the file.</exception>
    public static SafeFileHandle OpenShared(string path)
        => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Whether an open file was deleted: it no longer has a name.</summary>
    public static bool IsDeleted(SafeFileHandle handle)
    {
        try
        {
            return FileStat.ReadHandle(handle).Links == 0;
        }
        catch (IOException)
        {
            // A network file system returns an error for a file that was deleted on the server.
            return true;
        }
    }
}
