using Lab.Objects;

namespace Lab.Pods;

/// <summary>The state of one container in the state machine. The rules are in the transitions.</summary>
internal sealed class TrackedContainer(Container spec, ContainerRole role, string restartPolicy, string waitingReason, PodTiming timing)
{
    private readonly List<ProbeTracker> _probes = [];

    public Container Spec { get; } = spec;

    public string Name => Spec.Name;

    public ContainerRole Role { get; } = role;

    public string RestartPolicy { get; } = restartPolicy;

    public RestartBackOff BackOff { get; } = new(timing);

    public ContainerStep Step { get; set; }

    public ContainerState State { get; set; } = new ContainerState.Waiting(waitingReason);

    public ContainerState.Terminated? LastTermination { get; set; }

    /// <summary>Number of starts; the first run is 1.</summary>
    public int Run { get; set; }

    public int RestartCount { get; set; }

    /// <summary>The current run has passed its startup probe and postStart hook.</summary>
    public bool Started { get; set; }

    /// <summary>This or an earlier run has started: the condition for the next init container.</summary>
    public bool HasEverStarted { get; set; }

    public bool Ready { get; set; }

    /// <summary>Set while the container is being stopped.</summary>
    public ContainerTermination? Termination { get; set; }

    /// <summary>When the container restarts; null if it stays stopped.</summary>
    public TimeSpan? RestartAt { get; set; }

    /// <summary>When the state changes from <c>Error</c> to <c>CrashLoopBackOff</c>.</summary>
    public TimeSpan? CrashLoopAt { get; set; }

    public IReadOnlyList<ProbeTracker> Probes => _probes;

    public bool IsAlive => Step != ContainerStep.Stopped;

    /// <summary>Exited, and its restart policy does not restart it.</summary>
    public bool IsCompleted => Step == ContainerStep.Stopped && State is ContainerState.Terminated && RestartAt is null;

    /// <summary>
    /// The probes that run now. A container that is being stopped still runs its readiness probe, so that it receives no traffic;
    /// the other probes are no longer needed.
    /// </summary>
    public IEnumerable<ProbeTracker> ActiveProbes => Step == ContainerStep.Running
        ? _probes.Where(probe => Termination is null || probe.Kind == ProbeKind.Readiness)
        : [];

    public ProbeTracker? FindProbe(ProbeKind kind) => _probes.Find(probe => probe.Kind == kind);

    /// <summary>Starts to run a probe; nothing happens if the container has none of this kind.</summary>
    public void AddProbe(ProbeKind kind, Probe? probe, TimeSpan now)
    {
        if (probe is not null)
        {
            var eagerInterval = kind == ProbeKind.Liveness ? null : timing.EagerProbeInterval;
            _probes.Add(new ProbeTracker(kind, probe, now + TimeSpan.FromSeconds(probe.InitialDelaySeconds), eagerInterval));
        }
    }

    public void RemoveProbe(ProbeKind kind) => _probes.RemoveAll(probe => probe.Kind == kind);

    public void RemoveAllProbes() => _probes.Clear();
}
