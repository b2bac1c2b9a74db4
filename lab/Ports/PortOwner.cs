using System.Globalization;

namespace Lab.Ports;

/// <summary>Finds the process that listens on a port, as far as /proc on Linux shows it to this user.</summary>
internal static class PortOwner
{
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    private const string Listening = "0A";

    /// <summary>The process, such as <c>nginx (pid 4242)</c>, or null if it is not visible.</summary>
    public static string? FindOwner(int port)
    {
        var sockets = Tables.Where(File.Exists).SelectMany(file => ListListeningSockets(file, port)).ToHashSet(StringComparer.Ordinal);
        if (sockets.Count == 0)
        {
            return null;
        }

        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            var name = Path.GetFileName(directory);
            if (int.TryParse(name, CultureInfo.InvariantCulture, out var pid) && OwnsSocket(directory, sockets))
            {
                return $"{ReadCommandName(directory)} (pid {pid})";
            }
        }

        return null;
    }

    private static IEnumerable<string> ListListeningSockets(string file, int port)
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

    private static bool OwnsSocket(string process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles(Path.Combine(process, "fd"))
                .Select(file => new FileInfo(file).LinkTarget)
                .Any(target => target is not null && sockets.Contains(target));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A process of another user, or one that has just exited.
            return false;
        }
    }

    private static string ReadCommandName(string process)
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
