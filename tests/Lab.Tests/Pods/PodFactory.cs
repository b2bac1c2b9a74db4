using Lab.Manifests;
using Lab.Pods;

namespace Lab.Tests.Pods;

/// <summary>Creates states and transitions, for tests of a single transition.</summary>
internal static class PodFactory
{
    public static readonly DateTimeOffset StartTime = DateTimeOffset.UnixEpoch;

    public static PodState CreateState(string manifest, PodTiming? timing = null)
    {
        var pod = ManifestSet.ReadManifests([("pod.yaml", manifest)]).Workloads.Single().Pod;
        return new PodState(pod, timing ?? new PodTiming(), StartTime) { IsMounted = true };
    }

    /// <summary>A state in which all containers are running and the init containers have passed.</summary>
    public static PodState CreateRunningState(string manifest)
    {
        var state = CreateState(manifest);
        state.InitIndex = state.InitContainers.Count;
        foreach (var container in state.AllContainers)
        {
            container.Run = 1;
            container.Step = ContainerStep.Starting;
            ContainerTransitions.OnStarted(At(state, 0), container);
        }

        return state;
    }

    public static PodTransition At(PodState state, double seconds) => new(state, TimeSpan.FromSeconds(seconds));

    public static TrackedContainer Find(this PodState state, string name) => state.AllContainers.Single(container => container.Name == name);
}
