namespace Lab.Tests.Pods;

/// <summary>Compares the state machine with recordings of the same Pods on a Kubernetes 1.36 node.</summary>
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
    public void Pod_starts_and_stops_in_the_order_recorded_on_a_node()
    {
        var pod = StartStopPod().RunUntil(7).DeletePod().RunUntil(30);

        Assert.Equal(
            [
                "0 setup START", "1 setup EXIT 0", "1 logging START", "3 metrics START", "3 agent START", "7 metrics PRESTOP", "7 agent TERM",
                "10 agent EXIT 0", "10 metrics TERM", "11 metrics EXIT 0", "11 logging TERM", "12 logging EXIT 0",
            ],
            pod.Log);
    }

    [Fact]
    public void READY_and_STATUS_change_as_recorded_on_a_node()
    {
        var pod = StartStopPod().RunUntil(7).DeletePod().RunUntil(30);

        string[] recorded =
        [
            "0/3 Init:0/3", "0/3 Init:1/3", "1/3 Init:2/3", "2/3 PodInitializing", "2/3 Running", "3/3 Running", "3/3 Terminating", "0/3 Completed",
        ];
        Assert.Equal(recorded, pod.Watch.Where(recorded.Contains));
        Assert.All(pod.Watch.Except(recorded), row => Assert.Contains(row, new[] { "0/3 Init:2/3", "2/3 Terminating", "1/3 Terminating" }));
    }

    [Fact]
    public void Main_container_that_exceeds_its_grace_period_leaves_sidecars_2_seconds()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: overrun}, spec: {terminationGracePeriodSeconds: 5, restartPolicy: Never,
              initContainers: [{name: slow, image: x, restartPolicy: Always}, {name: quick, image: x, restartPolicy: Always}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("slow", new() { StopsAfter = 20 }), ("quick", new() { StopsAfter = 1 }), ("agent", new() { StopsAfter = null })]).RunUntil(2).DeletePod().RunUntil(30);

        Assert.Equal(
            ["2 agent TERM", "7 agent KILL", "7 quick TERM", "7 slow TERM", "7 agent EXIT 137", "8 quick EXIT 0", "9 slow KILL", "9 slow EXIT 137"],
            pod.Log.Skip(3));
        Assert.Equal("Failed", pod.Status.Phase.ToString());
    }

    [Fact]
    public void Sidecar_restarts_immediately_and_the_second_time_after_its_back_off()
    {
        var pod = new SimulatedPod(PodManifests.OneBareSidecar, containers: [("s", new() { Ends = [(10, 0), (6, 0), null] })]).RunUntil(12);
        Assert.Equal(("2/2", "Running", "1 (2s ago)"), (pod.Status.Ready, pod.Status.Status, pod.Restarts));
        pod.RunUntil(16);
        Assert.Equal(("1/2", "Running"), (pod.Status.Ready, pod.Status.Status));
        pod.RunUntil(28);

        Assert.Equal(["0 s START", "10 s START", "26 s START"], pod.FindLines("START").Where(line => line.Contains(" s ", StringComparison.Ordinal)));
        Assert.Equal(("2/2", "Running", "2 (12s ago)"), (pod.Status.Ready, pod.Status.Status, pod.Restarts));
    }

    [Fact]
    public void Crash_looping_sidecar_shows_in_STATUS_while_the_main_container_runs()
    {
        var pod = new SimulatedPod(PodManifests.OneBareSidecar, containers: [("s", new() { Ends = [(0, 1)] })]).RunUntil(65);

        Assert.Contains("1/2 Init:Error", pod.Watch);
        Assert.Equal("1/2 Init:CrashLoopBackOff", pod.Watch[^1]);
        Assert.Equal("3 (35s ago)", pod.Restarts);
        Assert.Equal("Running", pod.Status.Phase.ToString());
    }

    [Fact]
    public void Sidecar_that_never_passes_its_startup_probe_keeps_the_Pod_at_Init()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: never-started}, spec: {terminationGracePeriodSeconds: 3,
              initContainers: [{name: s, image: x, restartPolicy: Always, startupProbe: {exec: {command: ["false"]}, periodSeconds: 1, failureThreshold: 3, terminationGracePeriodSeconds: 1}}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("s", new() { Probe = (_, _, _) => false, StopsAfter = null })]).RunUntil(43);

        Assert.Equal(("0/2", "Init:0/1", "Pending"), (pod.Status.Ready, pod.Status.Status, pod.Status.Phase.ToString()));
        Assert.Equal("PodInitializing", Assert.IsType<Lab.Pods.ContainerState.Waiting>(pod["agent"].State).Reason);
        Assert.Equal(137, pod["s"].LastTermination!.ExitCode);
    }
}
