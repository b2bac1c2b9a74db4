using System.Globalization;

namespace ConfigReloader.Targets;

/// <summary>
/// Finds the process that a signal is meant for, by name or by pid file. If several processes match, or the pid file is stale, it
/// reports a failure instead of choosing one.
/// </summary>
internal sealed class ProcessFinder(string? processName, string? pidFile, bool allowPid1, ProcessTable processes)
{
    private const int MaxListed = 5;

    /// <summary>What to do when the target's processes are in another process namespace.</summary>
    public const string ShareNamespaceRemedy =
        "Set shareProcessNamespace: true in the Pod, so that this container sees the processes of the others. Retrying automatically.";

    /// <summary>For log and status: <c>nginx</c>, <c>nginx of /run/nginx.pid</c>.</summary>
    public string Description => $"{processName ?? "the process"}{(pidFile is null ? "" : $" of {pidFile}")}";

    /// <summary>Finds the process.</summary>
    /// <returns>The process, or null together with a failure.</returns>
    public ProcessEntry? FindProcess(out DeliveryResult? failure) =>
        pidFile is null ? FindByName(out failure) : FindByPidFile(pidFile, out failure);

    private ProcessEntry? FindByName(out DeliveryResult? failure)
    {
        failure = null;
        var all = processes.ListProcesses().ToDictionary(process => process.Id);
        var matching = all.Values
            .Where(process => process.Id != Environment.ProcessId && process.MatchesName(processName!))
            .ToDictionary(process => process.Id);

        // A master forwards a reload to its workers, so only the topmost process of each family is a candidate.
        var candidates = matching.Values
            .Where(process => !HasMatchingAncestor(matching, all, process))
            .OrderBy(process => process.Id)
            .ToList();
        if (candidates is [{ Id: 1 }, ..] && !allowPid1)
        {
            candidates.RemoveAt(0);
            if (candidates.Count == 0)
            {
                failure = RejectPid1();
                return null;
            }
        }

        switch (candidates)
        {
            case []:
                failure = DeliveryResult.Failed(
                    $"no process is named {processName}; this container sees {all.Count} processes",
                    all.Values.All(IsPid1OrOwn)
                        ? ShareNamespaceRemedy
                        : "Correct Target:ProcessName if the application is running. Retrying automatically.");
                return null;
            case [var single]:
                return single;
            default:
                var listed = string.Join(", ", candidates.Take(MaxListed)) + (candidates.Count > MaxListed ? " …" : "");
                failure = DeliveryResult.Failed(
                    $"{candidates.Count} processes are named {processName}: {listed}",
                    "No process was signaled. Select one by its pid file: Target:PidFile.");
                return null;
        }
    }

    private ProcessEntry? FindByPidFile(string file, out DeliveryResult? failure)
    {
        if (ReadPidFile(file, out failure) is not { } id)
        {
            return null;
        }

        if (id == Environment.ProcessId)
        {
            failure = DeliveryResult.Failed(
                $"{file} contains {id}, which is the config reloader itself",
                "The process id belongs to another process namespace. " + ShareNamespaceRemedy);
            return null;
        }

        if (id == 1 && !allowPid1)
        {
            failure = RejectPid1();
            return null;
        }

        if (processes.FindProcess(id) is not { } process)
        {
            failure = DeliveryResult.Failed(
                $"{file} contains process id {id}, but there is no such process",
                "The file is stale, or the application runs in its own process namespace. " + ShareNamespaceRemedy);
            return null;
        }

        if (processName is not null && !process.MatchesName(processName))
        {
            failure = DeliveryResult.Failed(
                $"{file} contains the id of process {process}, which is not named {processName}",
                "The file is stale: another process has that id now. Retrying automatically.");
            return null;
        }

        return process;
    }

    private static int? ReadPidFile(string file, out DeliveryResult? failure)
    {
        failure = null;
        try
        {
            var text = File.ReadAllText(file).Trim();
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0)
            {
                return id;
            }

            failure = DeliveryResult.Failed(
                $"{file} contains no process id but \"{(text.Length > 40 ? text[..40] + "…" : text)}\"",
                "The file must contain only the process id, in decimal.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            failure = DeliveryResult.Failed(
                $"the pid file cannot be read: {exception.Message}",
                "Write it to a volume that both containers mount. Retrying automatically until the application has started.");
        }

        return null;
    }

    private static bool HasMatchingAncestor(
        Dictionary<int, ProcessEntry> matching, Dictionary<int, ProcessEntry> all, ProcessEntry process)
    {
        // Bounded: a parent that changed between two reads could otherwise cause an endless loop.
        for (var steps = 0; steps < all.Count && all.TryGetValue(process.ParentId, out var parent); steps++)
        {
            if (matching.ContainsKey(parent.Id))
            {
                return true;
            }

            process = parent;
        }

        return false;
    }

    private static bool IsPid1OrOwn(ProcessEntry process) =>
        process.Id == 1 || process.Id == Environment.ProcessId || process.ParentId == Environment.ProcessId;

    private static DeliveryResult RejectPid1() => DeliveryResult.Failed(
        "the target process has id 1, which is not signaled by default",
        "With shareProcessNamespace, process 1 is the Pod's pause process. To signal process 1 anyway, set Target:AllowPid1=true.");
}
