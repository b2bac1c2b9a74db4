using System.Globalization;

namespace Lab.Pods;

/// <summary>The status of a Pod, as the API shows it.</summary>
internal sealed record PodStatus(
    string Name,
    PodPhase Phase,
    DateTimeOffset StartTime,
    DateTimeOffset? DeletionTime,
    bool Initialized,
    IReadOnlyList<ContainerStatus> InitContainers,
    IReadOnlyList<ContainerStatus> Containers)
{
    /// <summary>Init containers, sidecars and main containers, in the order of the manifest.</summary>
    public IEnumerable<ContainerStatus> AllContainers => InitContainers.Concat(Containers);

    /// <summary>The containers that the READY column counts: sidecars and main containers.</summary>
    public IEnumerable<ContainerStatus> CountedContainers =>
        InitContainers.Where(container => container.Role == ContainerRole.Sidecar).Concat(Containers);

    public bool IsReady => Phase == PodPhase.Running && CountedContainers.All(container => container.Ready);

    /// <summary>kubectl's READY column.</summary>
    public string Ready =>
        $"{CountedContainers.Count(container => container is { Ready: true, State: ContainerState.Running })}/{CountedContainers.Count()}";

    /// <summary>kubectl's STATUS column: the init container that blocks the Pod, or the state of its main containers.</summary>
    public string Status
    {
        get
        {
            var blocking = InitContainers.Index().FirstOrDefault(entry => !HasPassed(entry.Item));
            var status = blocking.Item is null
                ? Phase.ToString()
                : blocking.Item.State switch
                {
                    ContainerState.Terminated terminated => $"Init:{terminated.Reason}",
                    ContainerState.Waiting { Reason: not "PodInitializing" } waiting => $"Init:{waiting.Reason}",
                    _ => $"Init:{blocking.Index}/{InitContainers.Count}",
                };
            if (blocking.Item is null || Initialized)
            {
                status = GetMainContainersReason() ?? status;
            }

            return DeletionTime is not null && Phase is (PodPhase.Pending or PodPhase.Running) ? "Terminating" : status;
        }
    }

    /// <summary>kubectl's RESTARTS column: <c>2 (11s ago)</c>.</summary>
    public string FormatRestarts(DateTimeOffset now)
    {
        // Restarts of ordinary init containers count only while they block the Pod.
        var containers = (Initialized || InitContainers.All(HasPassed) ? CountedContainers : AllContainers).ToList();
        var count = containers.Sum(container => container.RestartCount);
        var last = containers.Max(container => container.LastTermination?.FinishedAt);
        return count == 0 || last is null
            ? count.ToString(CultureInfo.InvariantCulture)
            : $"{count} ({DurationText.FormatAge(now - last.Value)} ago)";
    }

    private static bool HasPassed(ContainerStatus container) =>
        container.State is ContainerState.Terminated { ExitCode: 0 } || container is { Role: ContainerRole.Sidecar, Started: true };

    private string? GetMainContainersReason()
    {
        string? reason = null;
        var running = false;
        foreach (var container in Containers.Reverse())
        {
            switch (container.State)
            {
                case ContainerState.Waiting waiting:
                    reason = waiting.Reason;
                    break;
                case ContainerState.Terminated terminated:
                    reason = terminated.Reason;
                    break;
                default:
                    running |= container.Ready;
                    break;
            }
        }

        return reason == "Completed" && running ? IsReady ? "Running" : "NotReady" : reason;
    }
}
