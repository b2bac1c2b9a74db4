namespace EndToEnd;

/// <summary>Finds and signals the processes of the Pod's containers by their program.</summary>
internal static class PodProcesses
{
    /// <summary>The ids of all processes that run an assembly, such as <c>Agent.dll</c>.</summary>
    public static IReadOnlyList<int> FindByAssembly(string assembly) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(directory => int.TryParse(Path.GetFileName(directory), out var id) ? id : 0)
            .Where(id => id > 0 && ReadCommandLine(id).Any(argument => argument.EndsWith("/" + assembly, StringComparison.Ordinal))),
    ];

    /// <summary>Sends a signal to each process that still exists.</summary>
    public static void SendSignal(IEnumerable<int> processIds, int signal)
    {
        foreach (var id in processIds)
        {
            UnixSignal.TrySend(id, signal);
        }
    }

    private static string[] ReadCommandLine(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline").Split('\0');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The process has exited since its directory was listed.
            return [];
        }
    }
}
