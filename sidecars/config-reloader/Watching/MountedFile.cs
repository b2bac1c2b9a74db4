namespace ConfigReloader.Watching;

/// <summary>Tells a file that is itself a mount, as <c>subPath</c> makes it: it keeps the bytes of the Pod's start for ever.</summary>
internal static class MountedFile
{
    private const string MountInfo = "/proc/self/mountinfo";

    public static bool Holds(Source source)
    {
        if (source.Recursive || !File.Exists(MountInfo))
        {
            return false;
        }

        // The fifth field is the mount point, with spaces and the like in octal (proc(5)).
        var escaped = source.Path.Replace(" ", "\\040", StringComparison.Ordinal);
        return File.ReadLines(MountInfo).Any(line => line.Split(' ') is { Length: > 4 } fields && fields[4] == escaped);
    }
}
