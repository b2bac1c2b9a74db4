using Lab.Objects;

namespace Lab.Pods;

/// <summary>
/// The state of one Pod in the state machine. Only transitions change it. Times are measured from the start of the Pod.
/// </summary>
internal sealed class PodState
{
    private static readonly TimeSpan FirstMountRetryDelay = TimeSpan.FromMilliseconds(500);

    public PodState(Pod pod, PodTiming timing, DateTimeOffset startTime)
    {
        (Pod, Timing, StartTime) = (pod, timing, startTime);
        InitContainers = [.. pod.Spec.InitContainers.Select(container => TrackInitContainer(container, pod.Spec, timing))];
        var waitingReason = InitContainers.Count > 0 ? "PodInitializing" : "ContainerCreating";
        MainContainers =
        [
            .. pod.Spec.Containers.Select(container => new TrackedContainer(
                container, ContainerRole.Main, container.RestartPolicy ?? pod.Spec.RestartPolicy, waitingReason, timing)),
        ];
    }

    public Pod Pod { get; }

    public PodTiming Timing { get; }

    public DateTimeOffset StartTime { get; }

    /// <summary>Init containers and sidecars, in the order of the manifest.</summary>
    public IReadOnlyList<TrackedContainer> InitContainers { get; }

    public IReadOnlyList<TrackedContainer> MainContainers { get; }

    public IEnumerable<TrackedContainer> AllContainers => InitContainers.Concat(MainContainers);

    public bool MountRequested { get; set; }

    public bool IsMounted { get; set; }

    public TimeSpan? MountRetryAt { get; set; }

    public TimeSpan MountRetryDelay { get; set; } = FirstMountRetryDelay;

    /// <summary>Index of the init container that the following ones wait for. It never decreases, even if a sidecar restarts.</summary>
    public int InitIndex { get; set; }

    public bool IsInitialized => InitIndex == InitContainers.Count;

    /// <summary>An init container has failed and is not restarted.</summary>
    public bool InitFailed { get; set; }

    /// <summary>Set once the Pod terminates.</summary>
    public GracePeriod? Grace { get; set; }

    public bool IsTerminating => Grace is not null;

    /// <summary>When the deletion was requested; null if the Pod terminates by itself.</summary>
    public TimeSpan? DeletedAt { get; set; }

    /// <summary>No container is running, and none will start.</summary>
    public bool IsFinished { get; set; }

    public TimeSpan GracePeriodOfSpec => TimeSpan.FromSeconds(Pod.Spec.TerminationGracePeriodSeconds);

    /// <summary>The Pod as the kubelet writes it in messages: <c>name_namespace(uid)</c>.</summary>
    public string PodReference => $"{Pod.Metadata.Name}_{Pod.Metadata.Namespace}({Pod.Metadata.Uid})";

    /// <summary>The container of an event; null if the event belongs to an earlier run.</summary>
    public TrackedContainer? FindContainer(string name, int run) =>
        AllContainers.FirstOrDefault(container => container.Name == name && container.Run == run && container.IsAlive);

    private static TrackedContainer TrackInitContainer(Container container, PodSpec spec, PodTiming timing)
    {
        const string WaitingReason = "PodInitializing";
        if (container.RestartPolicy == RestartPolicies.Always)
        {
            return new TrackedContainer(container, ContainerRole.Sidecar, RestartPolicies.Always, WaitingReason, timing);
        }

        // An init container that succeeded is not restarted, whatever the policy of the Pod is.
        var policy = container.RestartPolicy ?? spec.RestartPolicy;
        return new TrackedContainer(
            container,
            ContainerRole.Init,
            policy == RestartPolicies.Never ? RestartPolicies.Never : RestartPolicies.OnFailure,
            WaitingReason,
            timing);
    }
}
