using System.Globalization;
using System.Runtime.InteropServices;

namespace ConfigReloader.Targets;

/// <summary>
/// Tells the application by a signal, across the Pod's shared process namespace. Finds the one process that is meant and
/// refuses to guess; looks first whether the process expects the signal, since without a handler it would end it.
/// </summary>
internal sealed partial class SignalTarget(
    ReloadSignal signal, string? processName, string? pidFile, bool allowPid1, ProcessTable processes) : ITarget
{
    private const int NotPermitted = 1;
    private const int NoSuchProcess = 3;

    private const string ShareRemedy =
        "Set shareProcessNamespace: true in the Pod, so that this container sees the other's processes. It is tried again by itself.";

    public string Description => $"{signal.Name} to {processName ?? "the process"}{(pidFile is null ? "" : $" of {pidFile}")}";

    public Task<Delivery> DeliverAsync(CancellationToken cancellationToken)
    {
        var process = Find(out var failure);
        if (process is null || failure is not null)
        {
            return Task.FromResult(failure ?? Delivery.Failed($"no process for {Description}", ShareRemedy));
        }

        if (processes.Find(process.Id)?.StartTicks != process.StartTicks)
        {
            return Task.FromResult(Delivery.Failed($"process {process} has just ended", "It is tried again by itself."));
        }

        return Task.FromResult(Kill(process.Id, signal.Number) == 0
            ? Delivery.Delivered($"{signal.Name} sent to process {process}")
            : Explain(process, Marshal.GetLastPInvokeError()));
    }

    public Task<Delivery?> ProbeAsync(CancellationToken cancellationToken)
    {
        var process = Find(out var failure);
        if (process is not null && failure is null && Kill(process.Id, 0) != 0)
        {
            failure = Explain(process, Marshal.GetLastPInvokeError());
        }

        return Task.FromResult(failure);
    }

    private ProcessEntry? Find(out Delivery? failure)
    {
        var process = pidFile is null ? FindByName(out failure) : FindByPidFile(pidFile, out failure);
        if (process is null || failure is not null)
        {
            return null;
        }

        failure = process.Signals switch
        {
            { } masks when masks.Ignores(signal) => Delivery.Failed(
                $"process {process} ignores {signal.Name}: it would never know",
                "Start it so that it does not (no nohup, no trap ''), or use the signal that its documentation names for a reload."),
            { } masks when !masks.Expects(signal) && !signal.MeansEnd => Delivery.Failed(
                $"process {process} has no handler for {signal.Name}: the signal would end it",
                "If it is still starting, it is tried again by itself; otherwise use the signal that its documentation names for a reload."),
            _ => null,
        };
        return process;
    }

    private ProcessEntry? FindByName(out Delivery? failure)
    {
        failure = null;
        var all = processes.Read().ToDictionary(process => process.Id);
        var called = all.Values
            .Where(process => process.Id != Environment.ProcessId && process.IsCalled(processName!))
            .ToDictionary(process => process.Id);

        // Workers are the business of their master: of a family only the eldest is meant.
        var eldest = called.Values.Where(process => !HasAncestorAmong(called, all, process)).OrderBy(process => process.Id).ToList();
        if (eldest is [{ Id: 1 }, ..] && !allowPid1)
        {
            eldest.RemoveAt(0);
            if (eldest.Count == 0)
            {
                failure = Pid1Refused();
                return null;
            }
        }

        switch (eldest)
        {
            case []:
                failure = Delivery.Failed(
                    $"no process is called {processName} among the {all.Count} that this container sees",
                    all.Values.All(process => process.Id == 1 || process.Id == Environment.ProcessId || process.ParentId == Environment.ProcessId)
                        ? ShareRemedy
                        : "Correct Target:ProcessName if the application is running; if it is starting, it is tried again by itself.");
                return null;
            case [var one]:
                return one;
            default:
                failure = Delivery.Failed(
                    $"{eldest.Count} processes are called {processName}: {string.Join(", ", eldest.Take(5))}{(eldest.Count > 5 ? " …" : "")}",
                    "None was signalled. Name the one that is meant by its pid file: Target:PidFile.");
                return null;
        }
    }

    private ProcessEntry? FindByPidFile(string file, out Delivery? failure)
    {
        failure = null;
        int id;
        try
        {
            var text = File.ReadAllText(file).Trim();
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) || id <= 0)
            {
                failure = Delivery.Failed(
                    $"{file} holds no process id but \"{(text.Length > 40 ? text[..40] + "…" : text)}\"",
                    "The file must hold the process id alone, in decimal.");
                return null;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            failure = Delivery.Failed(
                $"the pid file cannot be read: {exception.Message}",
                "Put it on a volume that both containers mount. If the application is starting, it is tried again by itself.");
            return null;
        }

        if (id == Environment.ProcessId)
        {
            failure = Delivery.Failed(
                $"{file} names {id}, which is the reloader itself",
                "The number is of another process namespace. " + ShareRemedy);
            return null;
        }

        if (id == 1 && !allowPid1)
        {
            failure = Pid1Refused();
            return null;
        }

        if (processes.Find(id) is not { } process)
        {
            failure = Delivery.Failed(
                $"{file} names process {id}, and there is none",
                "The file is stale, or the application runs in a process namespace of its own. " + ShareRemedy);
            return null;
        }

        if (processName is not null && !process.IsCalled(processName))
        {
            failure = Delivery.Failed(
                $"{file} names process {process}, which is not called {processName}",
                "The file is stale: another process has got the number. It is tried again by itself.");
            return null;
        }

        return process;
    }

    private static bool HasAncestorAmong(
        Dictionary<int, ProcessEntry> called, Dictionary<int, ProcessEntry> all, ProcessEntry process)
    {
        // Bounded: a parent that changed between two reads must not make this go round.
        for (var steps = 0; steps < all.Count && all.TryGetValue(process.ParentId, out var parent); steps++)
        {
            if (called.ContainsKey(parent.Id))
            {
                return true;
            }

            process = parent;
        }

        return false;
    }

    private static Delivery Pid1Refused() => Delivery.Failed(
        "the process that is meant is number 1, which is not signalled unless asked",
        "With shareProcessNamespace number 1 is the Pod's pause process. If it is really meant, set Target:AllowPid1=true.");

    private Delivery Explain(ProcessEntry process, int error) => error switch
    {
        NotPermitted => Delivery.Failed(
            $"not permitted to send {signal.Name} to process {process}, which runs as user {process.UserId}",
            "Run both containers as the same user (securityContext.runAsUser), or give this one the capability KILL."),
        NoSuchProcess => Delivery.Failed($"process {process} has just ended", "It is tried again by itself."),
        _ => Delivery.Failed(
            $"sending {signal.Name} to process {process} failed: {Marshal.GetPInvokeErrorMessage(error)}",
            "It is tried again by itself."),
    };

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signalNumber);
}
