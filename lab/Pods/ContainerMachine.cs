using Lab.Objects;

namespace Lab.Pods;

/// <summary>What the state machine knows of one container. The rules are in <see cref="PodMachine"/>.</summary>
internal sealed class ContainerMachine(Container spec, ContainerRole role, string restartPolicy, string waitingReason, PodTiming timing)
{
    private readonly List<ProbeWorker> _probes = [];

    internal enum Step
    {
        /// <summary>No process: never started, or ended.</summary>
        Down,

        /// <summary>A start was asked for and is not yet answered.</summary>
        Starting,

        /// <summary>The process runs, its postStart hook too.</summary>
        PostStart,

        Up,
    }

    public Container Spec { get; } = spec;

    public string Name => Spec.Name;

    public ContainerRole Role { get; } = role;

    public string RestartPolicy { get; } = restartPolicy;

    public BackOff BackOff { get; } = new(timing);

    public Step Current { get; set; }

    public ContainerState State { get; set; } = new ContainerState.Waiting(waitingReason);

    public ContainerState.Terminated? LastTermination { get; set; }

    public int Run { get; set; }

    public int RestartCount { get; set; }

    public bool Started { get; set; }

    /// <summary>Started in this or an earlier run: what the next init container waits for.</summary>
    public bool HasStarted { get; set; }

    public bool Ready { get; set; }

    public ContainerStop? Stop { get; set; }

    /// <summary>When an ended container is started again; null when it stays down.</summary>
    public TimeSpan? RestartAt { get; set; }

    /// <summary>When <c>Error</c> gives way to <c>CrashLoopBackOff</c>.</summary>
    public TimeSpan? CrashLoopAt { get; set; }

    public IReadOnlyList<ProbeWorker> Probes => _probes;

    public bool IsAlive => Current != Step.Down;

    /// <summary>Ended for good, as far as its own restart policy goes.</summary>
    public bool IsDone => Current == Step.Down && State is ContainerState.Terminated && RestartAt is null;

    public ProbeWorker? Probe(ProbeKind kind) => _probes.Find(worker => worker.Kind == kind);

    public void Watch(ProbeKind kind, Probe? probe, TimeSpan now)
    {
        if (probe is not null)
        {
            var eager = kind == ProbeKind.Liveness ? null : timing.EagerLook;
            _probes.Add(new ProbeWorker(kind, probe, now + TimeSpan.FromSeconds(probe.InitialDelaySeconds), eager));
        }
    }

    public void Unwatch(ProbeKind kind) => _probes.RemoveAll(worker => worker.Kind == kind);

    public void UnwatchAll() => _probes.Clear();
}
