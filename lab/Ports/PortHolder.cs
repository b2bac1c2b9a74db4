using System.Globalization;

namespace Lab.Ports;

/// <summary>Which process listens on a port, as far as Linux' /proc tells this user.</summary>
internal static class PortHolder
{
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    private const string Listening = "0A";

    /// <summary>Such as <c>nginx (pid 4242)</c>; null when it cannot be told.</summary>
    public static string? Find(int port)
    {
        var inodes = Tables.Where(File.Exists).SelectMany(file => Inodes(file, port)).ToHashSet(StringComparer.Ordinal);
        if (inodes.Count == 0)
        {
            return null;
        }

        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            var name = Path.GetFileName(directory);
            if (int.TryParse(name, CultureInfo.InvariantCulture, out var pid) && Holds(directory, inodes))
            {
                return $"{Command(directory)} (pid {pid})";
            }
        }

        return null;
    }

    private static IEnumerable<string> Inodes(string file, int port)
    {
        var suffix = $":{port:X4}";
        foreach (var line in File.ReadLines(file).Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[1].EndsWith(suffix, StringComparison.Ordinal) && fields[3] == Listening)
            {
                yield return $"socket:[{fields[9]}]";
            }
        }
    }

    private static bool Holds(string process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles(Path.Combine(process, "fd"))
                .Select(file => new FileInfo(file).LinkTarget)
                .Any(target => target is not null && sockets.Contains(target));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Someone else's process, or one that has just ended.
            return false;
        }
    }

    private static string Command(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "comm")).Trim();
        }
        catch (IOException)
        {
            return "a process";
        }
    }
}
