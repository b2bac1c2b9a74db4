namespace ConfigReloader.Sources;

/// <summary>Detects a file that is itself a mount point, as <c>subPath</c> creates it. The kubelet never updates such a file.</summary>
internal static class SubPathMount
{
    private const string MountInfo = "/proc/self/mountinfo";

    /// <summary>True if the source is a single file that is mounted on its own.</summary>
    public static bool IsMountedBySubPath(WatchedSource source)
    {
        if (source.IsRecursive || !File.Exists(MountInfo))
        {
            return false;
        }

        // The fifth field is the mount point; spaces are written in octal (proc(5)).
        var escaped = source.Path.Replace(" ", "\\040", StringComparison.Ordinal);
        return File.ReadLines(MountInfo).Any(line => line.Split(' ') is { Length: > 4 } fields && fields[4] == escaped);
    }
}
