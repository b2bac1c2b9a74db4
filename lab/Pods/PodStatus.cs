using System.Globalization;

namespace Lab.Pods;

/// <summary>A Pod as the API shows it, at one moment.</summary>
internal sealed record PodStatus(
    string Name,
    PodPhase Phase,
    DateTimeOffset StartTime,
    DateTimeOffset? DeletionTime,
    bool Initialized,
    IReadOnlyList<ContainerStatus> InitContainers,
    IReadOnlyList<ContainerStatus> Containers)
{
    /// <summary>Sidecars and mains: those that READY counts.</summary>
    public IEnumerable<ContainerStatus> Counted => InitContainers.Where(container => container.Role == ContainerRole.Sidecar).Concat(Containers);

    public bool IsReady => Phase == PodPhase.Running && Counted.All(container => container.Ready);

    /// <summary>kubectl's READY column.</summary>
    public string Ready => $"{Counted.Count(container => container is { Ready: true, State: ContainerState.Running })}/{Counted.Count()}";

    /// <summary>kubectl's STATUS column: the first thing that holds the Pod back, or what its mains do.</summary>
    public string Status
    {
        get
        {
            var blocking = InitContainers.Index().FirstOrDefault(entry => !IsPast(entry.Item));
            var word = blocking.Item is null
                ? Phase.ToString()
                : blocking.Item.State switch
                {
                    ContainerState.Terminated terminated => $"Init:{terminated.Reason}",
                    ContainerState.Waiting { Reason: not "PodInitializing" } waiting => $"Init:{waiting.Reason}",
                    _ => $"Init:{blocking.Index}/{InitContainers.Count}",
                };
            if (blocking.Item is null || Initialized)
            {
                word = MainsWord() ?? word;
            }

            return DeletionTime is not null && Phase is (PodPhase.Pending or PodPhase.Running) ? "Terminating" : word;
        }
    }

    /// <summary>kubectl's RESTARTS column: <c>2 (11s ago)</c>.</summary>
    public string Restarts(DateTimeOffset now)
    {
        // Restarts of ordinary init containers are of interest only while they hold the Pod back.
        var containers = (Initialized || InitContainers.All(IsPast) ? Counted : InitContainers.Concat(Containers)).ToList();
        var count = containers.Sum(container => container.RestartCount);
        var last = containers.Max(container => container.LastTermination?.FinishedAt);
        return count == 0 || last is null ? count.ToString(CultureInfo.InvariantCulture) : $"{count} ({Age.Of(now - last.Value)} ago)";
    }

    private static bool IsPast(ContainerStatus container) =>
        container.State is ContainerState.Terminated { ExitCode: 0 } || container is { Role: ContainerRole.Sidecar, Started: true };

    private string? MainsWord()
    {
        string? word = null;
        var running = false;
        foreach (var container in Containers.Reverse())
        {
            switch (container.State)
            {
                case ContainerState.Waiting waiting:
                    word = waiting.Reason;
                    break;
                case ContainerState.Terminated terminated:
                    word = terminated.Reason;
                    break;
                default:
                    running |= container.Ready;
                    break;
            }
        }

        return word == "Completed" && running ? IsReady ? "Running" : "NotReady" : word;
    }
}
