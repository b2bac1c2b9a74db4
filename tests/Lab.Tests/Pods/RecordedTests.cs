namespace Lab.Tests.Pods;

/// <summary>The state machine beside what a Kubernetes 1.36 node was seen to do with the same Pods.</summary>
public sealed class RecordedTests
{
    private const string StartStop =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: agent-with-sidecars}
        spec:
          terminationGracePeriodSeconds: 20
          initContainers:
          - {name: setup, image: "busybox:1.36"}
          - {name: logging, image: "busybox:1.36", restartPolicy: Always, startupProbe: {exec: {command: [cat, /tmp/ready]}, periodSeconds: 1, failureThreshold: 30}}
          - {name: metrics, image: "busybox:1.36", restartPolicy: Always, lifecycle: {preStop: {exec: {command: [x]}}}}
          containers:
          - {name: agent, image: "busybox:1.36", readinessProbe: {exec: {command: ["true"]}, periodSeconds: 1}}
        """;

    private static SimulatedPod StartStopPod() => new(
        StartStop,
        containers:
        [
            ("setup", new() { Ends = [(1, 0)] }), ("logging", new() { Probe = (_, age, _) => age >= 2, StopsAfter = 1 }),
            ("metrics", new() { HookTakes = 1, StopsAfter = 1 }), ("agent", new() { StopsAfter = 3 }),
        ]);

    [Fact]
    public void A_Pod_with_an_init_container_two_sidecars_and_a_preStop_hook_starts_and_stops_in_the_recorded_order()
    {
        var pod = StartStopPod().Until(7).Delete().Until(30);

        Assert.Equal(
            [
                "0 setup START", "1 setup EXIT 0", "1 logging START", "3 metrics START", "3 agent START", "7 metrics PRESTOP", "7 agent TERM",
                "10 agent EXIT 0", "10 metrics TERM", "11 metrics EXIT 0", "11 logging TERM", "12 logging EXIT 0",
            ],
            pod.Log);
    }

    [Fact]
    public void kubectl_would_show_the_recorded_READY_and_STATUS_on_the_way()
    {
        var pod = StartStopPod().Until(7).Delete().Until(30);

        string[] recorded =
        [
            "0/3 Init:0/3", "0/3 Init:1/3", "1/3 Init:2/3", "2/3 PodInitializing", "2/3 Running", "3/3 Running", "3/3 Terminating", "0/3 Completed",
        ];
        Assert.Equal(recorded, pod.Watch.Where(recorded.Contains));
        Assert.All(pod.Watch.Except(recorded), row => Assert.Contains(row, new[] { "0/3 Init:2/3", "2/3 Terminating", "1/3 Terminating" }));
    }

    [Fact]
    public void A_main_that_overruns_its_grace_leaves_its_sidecars_2_seconds_and_the_Pod_Failed()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: overrun}, spec: {terminationGracePeriodSeconds: 5, restartPolicy: Never,
              initContainers: [{name: slow, image: x, restartPolicy: Always}, {name: quick, image: x, restartPolicy: Always}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("slow", new() { StopsAfter = 20 }), ("quick", new() { StopsAfter = 1 }), ("agent", new() { StopsAfter = null })]).Until(2).Delete().Until(30);

        Assert.Equal(
            ["2 agent TERM", "7 agent KILL", "7 quick TERM", "7 slow TERM", "7 agent EXIT 137", "8 quick EXIT 0", "9 slow KILL", "9 slow EXIT 137"],
            pod.Log.Skip(3));
        Assert.Equal("Failed", pod.Status.Phase.ToString());
    }

    [Fact]
    public void A_sidecar_that_ends_twice_comes_back_at_once_and_then_after_its_back_off()
    {
        var pod = new SimulatedPod(Manifests.Bare, containers: [("s", new() { Ends = [(10, 0), (6, 0), null] })]).Until(12);
        Assert.Equal(("2/2", "Running", "1 (2s ago)"), (pod.Status.Ready, pod.Status.Status, pod.Restarts));
        pod.Until(16);
        Assert.Equal(("1/2", "Running"), (pod.Status.Ready, pod.Status.Status));
        pod.Until(28);

        Assert.Equal(["0 s START", "10 s START", "26 s START"], pod.Those("START").Where(line => line.Contains(" s ", StringComparison.Ordinal)));
        Assert.Equal(("2/2", "Running", "2 (12s ago)"), (pod.Status.Ready, pod.Status.Status, pod.Restarts));
    }

    [Fact]
    public void A_crash_looping_sidecar_shows_in_STATUS_though_the_main_runs()
    {
        var pod = new SimulatedPod(Manifests.Bare, containers: [("s", new() { Ends = [(0, 1)] })]).Until(65);

        Assert.Contains("1/2 Init:Error", pod.Watch);
        Assert.Equal("1/2 Init:CrashLoopBackOff", pod.Watch[^1]);
        Assert.Equal("3 (35s ago)", pod.Restarts);
        Assert.Equal("Running", pod.Status.Phase.ToString());
    }

    [Fact]
    public void A_sidecar_whose_startup_probe_never_passes_keeps_the_Pod_at_Init()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: never-started}, spec: {terminationGracePeriodSeconds: 3,
              initContainers: [{name: s, image: x, restartPolicy: Always, startupProbe: {exec: {command: ["false"]}, periodSeconds: 1, failureThreshold: 3, terminationGracePeriodSeconds: 1}}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("s", new() { Probe = (_, _, _) => false, StopsAfter = null })]).Until(43);

        Assert.Equal(("0/2", "Init:0/1", "Pending"), (pod.Status.Ready, pod.Status.Status, pod.Status.Phase.ToString()));
        Assert.Equal("PodInitializing", Assert.IsType<Lab.Pods.ContainerState.Waiting>(pod["agent"].State).Reason);
        Assert.Equal(137, pod["s"].LastTermination!.ExitCode);
    }
}
