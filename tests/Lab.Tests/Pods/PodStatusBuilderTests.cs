using Lab.Pods;

namespace Lab.Tests.Pods;

public sealed class PodStatusBuilderTests
{
    [Fact]
    public void Pod_is_Pending_until_a_main_container_has_started()
    {
        var state = PodFactory.CreateState(PodManifests.OneBareSidecar);
        ContainerTransitions.OnStarted(PodFactory.At(state, 1), state.Find("s"));
        Assert.Equal(PodPhase.Pending, BuildStatus(state).Phase);

        ContainerTransitions.OnStarted(PodFactory.At(state, 1), state.Find("agent"));
        Assert.Equal(PodPhase.Running, BuildStatus(state).Phase);
    }

    [Theory]
    [InlineData(0, 137, false, PodPhase.Succeeded)]
    [InlineData(1, 0, false, PodPhase.Failed)]
    [InlineData(0, 0, true, PodPhase.Failed)]
    internal void Phase_of_a_finished_Pod_depends_on_main_and_init_containers_only(int main, int sidecar, bool initFailed, PodPhase phase)
    {
        var state = PodFactory.CreateRunningState(PodManifests.OneBareSidecar);
        ContainerTransitions.OnExited(PodFactory.At(state, 1), state.Find("agent"), main, "", "");
        ContainerTransitions.OnExited(PodFactory.At(state, 1), state.Find("s"), sidecar, "", "");
        (state.IsFinished, state.InitFailed) = (true, initFailed);

        Assert.Equal(phase, BuildStatus(state).Phase);
    }

    [Fact]
    public void Deletion_time_is_on_the_calendar_of_the_start_time()
    {
        var state = PodFactory.CreateRunningState(PodManifests.OneBareSidecar);
        PodTermination.OnDeleted(PodFactory.At(state, 90), grace: null);

        var status = BuildStatus(state);

        Assert.Equal(PodFactory.StartTime.AddSeconds(90), status.DeletionTime);
        Assert.Equal("Terminating", status.Status);
    }

    private static PodStatus BuildStatus(PodState state) => PodStatusBuilder.BuildStatus(state, TimeSpan.FromSeconds(100));
}
