namespace EndToEnd;

/// <summary>
/// Finds and signals the processes of the Pod under test, and no others: the same programs may run on this machine for another test
/// project or for the developer.
/// </summary>
internal static class PodProcesses
{
    // The lab gives each container a home in this directory. Unlike the parent, it stays the same when the lab is killed.
    private static readonly string HomePrefix = $"HOME={Path.Combine(Repository.Root, ".lab")}/";

    /// <summary>The ids of the containers' processes that run an assembly, such as <c>Agent.dll</c>.</summary>
    public static IReadOnlyList<int> FindContainers(string assembly) =>
    [
        .. FindByAssembly(assembly)
            .Where(id => ReadWords(id, "environ").Any(variable => variable.StartsWith(HomePrefix, StringComparison.Ordinal))),
    ];

    /// <summary>The ids of the lab's processes below the <c>dotnet run</c> that started the Pod.</summary>
    public static IReadOnlyList<int> FindLabs(RunningPod pod) =>
    [
        .. FindByAssembly("Lab.dll").Where(id => FindAncestors(id).Contains(pod.Lab.Id)),
    ];

    /// <summary>Sends a signal to each process that still exists.</summary>
    public static void SendSignal(IEnumerable<int> processIds, int signal)
    {
        foreach (var id in processIds)
        {
            UnixSignal.TrySend(id, signal);
        }
    }

    private static IEnumerable<int> FindByAssembly(string assembly) => Directory.EnumerateDirectories("/proc")
        .Select(directory => int.TryParse(Path.GetFileName(directory), out var id) ? id : 0)
        .Where(id => id > 0 && ReadWords(id, "cmdline").Any(word => word.EndsWith("/" + assembly, StringComparison.Ordinal)));

    private static IEnumerable<int> FindAncestors(int processId)
    {
        for (var id = ReadParent(processId); id > 1; id = ReadParent(id))
        {
            yield return id;
        }
    }

    // "PID (NAME) STATE PARENT …"; the name may contain spaces and parentheses.
    private static int ReadParent(int processId)
    {
        var stat = ReadText(processId, "stat");
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 1 && int.TryParse(fields[1], out var parent) ? parent : 0;
    }

    private static string[] ReadWords(int processId, string file) => ReadText(processId, file).Split('\0');

    private static string ReadText(int processId, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/{file}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The process has exited since its directory was listed, or belongs to another user.
            return "";
        }
    }
}
