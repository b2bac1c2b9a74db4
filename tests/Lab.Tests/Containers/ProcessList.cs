namespace Lab.Tests.Containers;

internal static class ProcessList
{
    /// <summary>Whether a process is running; a zombie is not.</summary>
    public static bool IsAlive(string id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The ids of the processes whose command line contains a text.</summary>
    public static IReadOnlyList<string> FindByCommandLine(string text) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(directory => Path.GetFileName(directory))
            .Where(name => name.All(char.IsAsciiDigit) && ReadCommandLine(name).Contains(text, StringComparison.Ordinal) && IsAlive(name)),
    ];

    private static string ReadCommandLine(string id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "";
        }
    }
}
