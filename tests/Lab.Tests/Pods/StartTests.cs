using Lab.Pods;

namespace Lab.Tests.Pods;

public sealed class StartTests
{
    private static readonly FakeContainer UpAfterTwoSeconds = new() { Probe = (_, age, _) => age >= 2 };

    [Fact]
    public void Sidecars_start_strictly_one_after_another_each_once_the_startup_probe_of_the_one_before_has_passed_and_the_main_last()
    {
        var pod = new SimulatedPod(Manifests.TwoSidecars, containers: [("logging", UpAfterTwoSeconds), ("metrics", UpAfterTwoSeconds)]).Until(10);

        Assert.Equal(["0 logging START", "2 metrics START", "4 agent START"], pod.Log);
        Assert.Equal("3/3 Running", pod.Watch[^1]);
    }

    [Fact]
    public void A_sidecar_without_startup_probe_has_started_at_once()
    {
        var pod = new SimulatedPod(Manifests.TwoBareSidecars).Until(0);

        Assert.Equal(["0 logging START", "0 metrics START", "0 agent START"], pod.Log);
    }

    [Fact]
    public void An_ordinary_init_container_runs_to_exit_0_before_the_next_one_starts()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: first, image: x}, {name: second, image: x}], containers: [{name: agent, image: x}]}}
            """,
            containers: [("first", new() { Ends = [(3, 0)] }), ("second", new() { Ends = [(2, 0)] })]).Until(10);

        Assert.Equal(["0 first START", "3 first EXIT 0", "3 second START", "5 second EXIT 0", "5 agent START"], pod.Log);
    }

    [Fact]
    public void A_readiness_probe_that_fails_does_not_hold_back_the_next_container()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: s, image: x, restartPolicy: Always, readinessProbe: {httpGet: {port: 1}}}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("s", new() { Probe = (_, _, _) => false })]).Until(60);

        Assert.Equal(["0 s START", "0 agent START"], pod.Log);
        Assert.Equal("1/2 Running", pod.Watch[^1]);
    }

    [Fact]
    public void Main_containers_start_together()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: setup, image: x}], containers: [{name: one, image: x}, {name: two, image: x}]}}
            """,
            containers: [("setup", new() { Ends = [(3, 0)] })]).Until(5);

        Assert.Equal(["3 one START", "3 two START"], pod.Those("START").Skip(1));
    }

    [Fact]
    public void A_postStart_hook_must_finish_before_the_sidecar_has_started()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: s, image: x, restartPolicy: Always, lifecycle: {postStart: {exec: {command: [a]}}}}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("s", new() { HookTakes = 4 })]).Until(10);

        Assert.Equal(["0 s START", "0 s POSTSTART", "4 agent START"], pod.Log);
    }

    [Fact]
    public void A_postStart_hook_that_fails_ends_the_container_which_is_started_again()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: x, lifecycle: {postStart: {exec: {command: [a]}}}}]}}
            """,
            containers: [("agent", new() { HookTakes = 1, HookSucceeds = false })]).Until(1);

        Assert.Equal(["0 agent START", "0 agent POSTSTART", "1 agent TERM", "1 agent EXIT 0", "1 agent START", "1 agent POSTSTART"], pod.Log);
        Assert.Contains(pod.Notices, notice => notice is { Warning: true, Reason: "FailedPostStartHook" });
    }

    [Fact]
    public void A_startup_probe_that_fails_for_good_restarts_the_sidecar_and_the_mains_never_start()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: s, image: x, restartPolicy: Always, startupProbe: {exec: {command: ["false"]}, periodSeconds: 1, failureThreshold: 3}}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("s", new() { Probe = (_, _, _) => false })]).Until(120);

        Assert.Equal(["0 s START", "2 s TERM", "2 s EXIT 0", "2 s START", "4 s TERM", "4 s EXIT 0", "14 s START"], pod.Log.Take(7));
        Assert.DoesNotContain(pod.Log, line => line.Contains("agent", StringComparison.Ordinal));
        Assert.Equal(PodPhase.Pending, pod.Status.Phase);
        Assert.Contains(pod.Notices, notice => notice.Message == "Init container s failed startup probe");
    }

    [Theory]
    [InlineData("Always")]
    [InlineData("Never")]
    public void A_sidecar_that_fails_its_first_run_and_passes_on_a_later_one_releases_the_mains(string restartPolicy)
    {
        var pod = new SimulatedPod(
            $$"""
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {restartPolicy: {{restartPolicy}},
              initContainers: [{name: s, image: x, restartPolicy: Always, startupProbe: {exec: {command: ["x"]}, periodSeconds: 1, failureThreshold: 1} }],
              containers: [{name: agent, image: x}]} }
            """,
            containers: [("s", new() { Probe = (_, _, run) => run == 2 })]).Until(5);

        Assert.Equal(["0 s START", "0 s TERM", "0 s EXIT 0", "0 s START", "0 agent START"], pod.Log);
    }

    [Fact]
    public void A_crash_looping_sidecar_without_startup_probe_does_not_hold_back_the_mains()
    {
        var pod = new SimulatedPod(Manifests.Bare, containers: [("s", new() { Ends = [(0.1, 1)] })]).Until(65);

        Assert.Contains("0 agent START", pod.Log);
        Assert.Equal(["0 s START", "0.1 s START", "10.2 s START", "30.3 s START"], pod.Those("START").Where(line => line.Contains(" s ", StringComparison.Ordinal)));
    }

    [Fact]
    public void An_image_that_cannot_be_had_leaves_the_container_waiting_and_the_mains_never_start()
    {
        var pod = new SimulatedPod(Manifests.Bare, containers: [("s", new() { CannotStart = ("ErrImageNeverPull", "Container image \"nosuch:v1\" is not present with pull policy of Never") })]).Until(65);

        Assert.Empty(pod.Log);
        Assert.Equal("0/2 Init:ErrImageNeverPull", pod.Watch[^1]);
        Assert.Equal("0", pod.Restarts);
        Assert.Equal(PodPhase.Pending, pod.Status.Phase);
    }

    [Fact]
    public void A_failing_init_container_makes_a_Pod_that_never_restarts_Failed_and_later_sidecars_do_not_start()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {restartPolicy: Never,
              initContainers: [{name: first, image: x, restartPolicy: Always}, {name: setup, image: x}, {name: later, image: x, restartPolicy: Always}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("setup", new() { Ends = [(1, 1)] })]).Until(60);

        Assert.Equal(["0 first START", "0 setup START", "1 setup EXIT 1", "1 first TERM", "1 first EXIT 0"], pod.Log);
        Assert.True(pod.IsFinished);
        Assert.Equal(PodPhase.Failed, pod.Status.Phase);
        Assert.Equal("Init:Error", pod.Status.Status);
    }

    [Fact]
    public void A_failing_init_container_is_tried_again_beside_an_earlier_sidecar_that_keeps_running()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: first, image: x, restartPolicy: Always}, {name: setup, image: x}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("setup", new() { Ends = [(0, 1)] })]).Until(65);

        Assert.Equal(["0 first START", "0 setup START", "0 setup START", "10 setup START", "30 setup START"], pod.Those("START"));
        Assert.Equal(PodPhase.Pending, pod.Status.Phase);
        Assert.Equal("1/2", pod.Status.Ready);
        Assert.Contains("1/2 Init:Error", pod.Watch);
        Assert.Equal("1/2 Init:CrashLoopBackOff", pod.Watch[^1]);
    }

    [Fact]
    public void An_init_container_with_its_own_policy_OnFailure_is_an_ordinary_one_that_is_tried_again()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {restartPolicy: Never,
              initContainers: [{name: setup, image: x, restartPolicy: OnFailure}], containers: [{name: agent, image: x}]}}
            """,
            containers: [("setup", new() { Ends = [(1, 1), (1, 0)] })]).Until(5);

        Assert.Equal(["0 setup START", "1 setup EXIT 1", "1 setup START", "2 setup EXIT 0", "2 agent START"], pod.Log);
    }

    [Fact]
    public void A_volume_that_cannot_be_made_leaves_the_Pod_at_ContainerCreating_and_is_tried_again()
    {
        var pod = new SimulatedPod(
            "{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: x}]}}",
            mounts: false).Until(65);

        Assert.Equal("0/1 ContainerCreating", pod.Watch[^1]);
        Assert.Empty(pod.Log);
        Assert.True(pod.Notices.Count(notice => notice.Reason == "FailedMount") > 3);
    }

    [Fact]
    public void A_look_in_between_lets_a_container_start_sooner_and_never_counts_as_a_failure()
    {
        var timing = new PodTiming { EagerLook = TimeSpan.FromMilliseconds(100) };
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: s, image: x, restartPolicy: Always, startupProbe: {httpGet: {port: 1}, periodSeconds: 10, failureThreshold: 2}}],
              containers: [{name: agent, image: x}]}}
            """,
            timing,
            containers: [("s", new() { Probe = (_, age, run) => run == 2 && age >= 0.3 })]).Until(30);

        Assert.Equal(["0 s START", "10 s TERM", "10 s EXIT 0", "10 s START", "10.3 agent START"], pod.Log);
    }
}
