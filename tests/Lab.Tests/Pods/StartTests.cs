using Lab.Pods;

namespace Lab.Tests.Pods;

public sealed class StartTests
{
    private static readonly FakeContainer UpAfterTwoSeconds = new() { Probe = (_, age, _) => age >= 2 };

    [Fact]
    public void Sidecars_start_one_by_one_after_the_startup_probe_of_the_previous_one()
    {
        var pod = new SimulatedPod(PodManifests.TwoSidecars, containers: [("logging", UpAfterTwoSeconds), ("metrics", UpAfterTwoSeconds)]).RunUntil(10);

        Assert.Equal(["0 logging START", "2 metrics START", "4 agent START"], pod.Log);
        Assert.Equal("3/3 Running", pod.Watch[^1]);
    }

    [Fact]
    public void Sidecar_without_startup_probe_has_started_immediately()
    {
        var pod = new SimulatedPod(PodManifests.TwoBareSidecars).RunUntil(0);

        Assert.Equal(["0 logging START", "0 metrics START", "0 agent START"], pod.Log);
    }

    [Fact]
    public void Init_container_exits_with_0_before_the_next_one_starts()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: first, image: x}, {name: second, image: x}], containers: [{name: agent, image: x}]}}
            """,
            containers: [("first", new() { Ends = [(3, 0)] }), ("second", new() { Ends = [(2, 0)] })]).RunUntil(10);

        Assert.Equal(["0 first START", "3 first EXIT 0", "3 second START", "5 second EXIT 0", "5 agent START"], pod.Log);
    }

    [Fact]
    public void Failing_readiness_probe_does_not_delay_the_next_container()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: s, image: x, restartPolicy: Always, readinessProbe: {httpGet: {port: 1}}}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("s", new() { Probe = (_, _, _) => false })]).RunUntil(60);

        Assert.Equal(["0 s START", "0 agent START"], pod.Log);
        Assert.Equal("1/2 Running", pod.Watch[^1]);
    }

    [Fact]
    public void Main_containers_start_together_after_the_init_containers()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: setup, image: x}], containers: [{name: one, image: x}, {name: two, image: x}]}}
            """,
            containers: [("setup", new() { Ends = [(3, 0)] })]).RunUntil(5);

        Assert.Equal(["3 one START", "3 two START"], pod.FindLines("START").Skip(1));
    }

    [Fact]
    public void Sidecar_has_started_only_after_its_postStart_hook()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: s, image: x, restartPolicy: Always, lifecycle: {postStart: {exec: {command: [a]}}}}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("s", new() { HookTakes = 4 })]).RunUntil(10);

        Assert.Equal(["0 s START", "0 s POSTSTART", "4 agent START"], pod.Log);
    }

    [Fact]
    public void Failing_postStart_hook_restarts_the_container()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: x, lifecycle: {postStart: {exec: {command: [a]}}}}]}}
            """,
            containers: [("agent", new() { HookTakes = 1, HookSucceeds = false })]).RunUntil(1);

        Assert.Equal(["0 agent START", "0 agent POSTSTART", "1 agent TERM", "1 agent EXIT 0", "1 agent START", "1 agent POSTSTART"], pod.Log);
        Assert.Contains(pod.Published, published => published is { IsWarning: true, Reason: "FailedPostStartHook" });
    }

    [Fact]
    public void Failing_startup_probe_restarts_the_sidecar_and_main_containers_never_start()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: s, image: x, restartPolicy: Always, startupProbe: {exec: {command: ["false"]}, periodSeconds: 1, failureThreshold: 3}}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("s", new() { Probe = (_, _, _) => false })]).RunUntil(120);

        Assert.Equal(["0 s START", "2 s TERM", "2 s EXIT 0", "2 s START", "4 s TERM", "4 s EXIT 0", "14 s START"], pod.Log.Take(7));
        Assert.DoesNotContain(pod.Log, line => line.Contains("agent", StringComparison.Ordinal));
        Assert.Equal(PodPhase.Pending, pod.Status.Phase);
        Assert.Contains(pod.Published, published => published.Message == "Init container s failed startup probe");
    }

    [Theory]
    [InlineData("Always")]
    [InlineData("Never")]
    public void Sidecar_that_passes_its_startup_probe_on_a_later_run_releases_the_main_containers(string restartPolicy)
    {
        var pod = new SimulatedPod(
            $$"""
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {restartPolicy: {{restartPolicy}},
              initContainers: [{name: s, image: x, restartPolicy: Always, startupProbe: {exec: {command: ["x"]}, periodSeconds: 1, failureThreshold: 1} }],
              containers: [{name: agent, image: x}]} }
            """,
            containers: [("s", new() { Probe = (_, _, run) => run == 2 })]).RunUntil(5);

        Assert.Equal(["0 s START", "0 s TERM", "0 s EXIT 0", "0 s START", "0 agent START"], pod.Log);
    }

    [Fact]
    public void Crash_looping_sidecar_without_startup_probe_does_not_delay_the_main_containers()
    {
        var pod = new SimulatedPod(PodManifests.OneBareSidecar, containers: [("s", new() { Ends = [(0.1, 1)] })]).RunUntil(65);

        Assert.Contains("0 agent START", pod.Log);
        Assert.Equal(["0 s START", "0.1 s START", "10.2 s START", "30.3 s START"], pod.FindLines("START").Where(line => line.Contains(" s ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Missing_image_keeps_the_container_waiting_and_main_containers_never_start()
    {
        var pod = new SimulatedPod(PodManifests.OneBareSidecar, containers: [("s", new() { CannotStart = ("ErrImageNeverPull", "Container image \"nosuch:v1\" is not present with pull policy of Never") })]).RunUntil(65);

        Assert.Empty(pod.Log);
        Assert.Equal("0/2 Init:ErrImageNeverPull", pod.Watch[^1]);
        Assert.Equal("0", pod.Restarts);
        Assert.Equal(PodPhase.Pending, pod.Status.Phase);
    }

    [Fact]
    public void Failing_init_container_fails_a_Pod_with_restart_policy_Never()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {restartPolicy: Never,
              initContainers: [{name: first, image: x, restartPolicy: Always}, {name: setup, image: x}, {name: later, image: x, restartPolicy: Always}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("setup", new() { Ends = [(1, 1)] })]).RunUntil(60);

        Assert.Equal(["0 first START", "0 setup START", "1 setup EXIT 1", "1 first TERM", "1 first EXIT 0"], pod.Log);
        Assert.True(pod.IsFinished);
        Assert.Equal(PodPhase.Failed, pod.Status.Phase);
        Assert.Equal("Init:Error", pod.Status.Status);
    }

    [Fact]
    public void Failing_init_container_is_retried_while_an_earlier_sidecar_keeps_running()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: first, image: x, restartPolicy: Always}, {name: setup, image: x}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("setup", new() { Ends = [(0, 1)] })]).RunUntil(65);

        Assert.Equal(["0 first START", "0 setup START", "0 setup START", "10 setup START", "30 setup START"], pod.FindLines("START"));
        Assert.Equal(PodPhase.Pending, pod.Status.Phase);
        Assert.Equal("1/2", pod.Status.Ready);
        Assert.Contains("1/2 Init:Error", pod.Watch);
        Assert.Equal("1/2 Init:CrashLoopBackOff", pod.Watch[^1]);
    }

    [Fact]
    public void Init_container_with_its_own_policy_OnFailure_is_retried()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {restartPolicy: Never,
              initContainers: [{name: setup, image: x, restartPolicy: OnFailure}], containers: [{name: agent, image: x}]}}
            """,
            containers: [("setup", new() { Ends = [(1, 1), (1, 0)] })]).RunUntil(5);

        Assert.Equal(["0 setup START", "1 setup EXIT 1", "1 setup START", "2 setup EXIT 0", "2 agent START"], pod.Log);
    }

    [Fact]
    public void Failing_volume_keeps_the_Pod_at_ContainerCreating_and_is_retried()
    {
        var pod = new SimulatedPod(
            "{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: x}]}}",
            mounts: false).RunUntil(65);

        Assert.Equal("0/1 ContainerCreating", pod.Watch[^1]);
        Assert.Empty(pod.Log);
        Assert.True(pod.Published.Count(published => published.Reason == "FailedMount") > 3);
    }

    [Fact]
    public void Additional_probe_can_start_a_container_sooner_and_never_counts_as_failure()
    {
        var timing = new PodTiming { EagerProbeInterval = TimeSpan.FromMilliseconds(100) };
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: s, image: x, restartPolicy: Always, startupProbe: {httpGet: {port: 1}, periodSeconds: 10, failureThreshold: 2}}],
              containers: [{name: agent, image: x}]}}
            """,
            timing,
            containers: [("s", new() { Probe = (_, age, run) => run == 2 && age >= 0.3 })]).RunUntil(30);

        Assert.Equal(["0 s START", "10 s TERM", "10 s EXIT 0", "10 s START", "10.3 agent START"], pod.Log);
    }
}
