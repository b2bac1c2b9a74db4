using Lab.Pods;

namespace Lab.Tests.Pods;

public sealed class RunTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Sidecar_restarts_with_any_exit_code_and_any_policy_of_the_Pod(int exitCode)
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {restartPolicy: Never,
              initContainers: [{name: s, image: x, restartPolicy: Always}], containers: [{name: agent, image: x}]}}
            """,
            containers: [("s", new() { Ends = [(5, exitCode), null] })]).RunUntil(10);

        Assert.Equal(["0 s START", "0 agent START", $"5 s EXIT {exitCode}", "5 s START"], pod.Log);
    }

    [Fact]
    public void Restart_of_one_container_restarts_no_other_container()
    {
        var pod = new SimulatedPod(PodManifests.TwoBareSidecars, containers: [("agent", new() { Ends = [(5, 1), null] }), ("logging", new() { Ends = [(7, 1), null] })]).RunUntil(20);

        Assert.Equal(["0 logging START", "0 metrics START", "0 agent START", "5 agent EXIT 1", "5 agent START", "7 logging EXIT 1", "7 logging START"], pod.Log);
    }

    [Fact]
    public void Restart_delay_doubles_from_10_seconds_up_to_5_minutes()
    {
        var pod = new SimulatedPod("{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: x}]}}", containers: [("agent", new() { Ends = [(0, 1)] })]).RunUntil(1500);

        Assert.Equal(["0", "0", "10", "30", "70", "150", "310", "610", "910", "1210"], pod.FindLines("START").Select(line => line.Split(' ')[0]));
        Assert.Equal("0/1 CrashLoopBackOff", pod.Watch[^1]);
        Assert.Contains("CrashLoopBackOff", Assert.IsType<ContainerState.Waiting>(pod["agent"].State).Reason, StringComparison.Ordinal);
        Assert.Contains("back-off 5m0s restarting failed container=agent pod=pod_default(", Assert.IsType<ContainerState.Waiting>(pod["agent"].State).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_of_ten_minutes_resets_the_back_off()
    {
        var pod = new SimulatedPod(
            "{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: x}]}}",
            containers: [("agent", new() { Ends = [(0, 1), (0, 1), (0, 1), (601, 1), (0, 1), null] })]).RunUntil(900);

        Assert.Equal(["0", "0", "10", "30", "631", "641"], pod.FindLines("START").Select(line => line.Split(' ')[0]));
    }

    [Theory]
    [InlineData("Never", 0, 1, "Completed", PodPhase.Succeeded)]
    [InlineData("Never", 3, 1, "Error", PodPhase.Failed)]
    [InlineData("OnFailure", 0, 1, "Completed", PodPhase.Succeeded)]
    [InlineData("OnFailure", 3, 2, "Completed", PodPhase.Succeeded)]
    [InlineData("Always", 0, 2, "Completed", PodPhase.Succeeded)]
    internal void Restart_policy_determines_whether_an_exited_main_container_restarts(string policy, int exitCode, int starts, string status, PodPhase phase)
    {
        var pod = new SimulatedPod(
            $$"""{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {restartPolicy: {{policy}}, containers: [{name: agent, image: x}]} }""",
            containers: [("agent", new() { Ends = [(1, exitCode), policy == "Always" ? null : (1, 0)] })]).RunUntil(5);

        Assert.Equal(starts, pod.FindLines("START").Count());
        if (policy == "Always")
        {
            Assert.False(pod.IsFinished);
            return;
        }

        Assert.True(pod.IsFinished);
        Assert.Equal((status, phase), (pod.Status.Status, pod.Status.Phase));
    }

    [Fact]
    public void Liveness_failure_runs_preStop_and_restarts_the_container()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: x,
              lifecycle: {preStop: {exec: {command: [x]}}}, livenessProbe: {httpGet: {port: 1}, periodSeconds: 5}}]}}
            """,
            containers: [("agent", new() { HookTakes = 2, Probe = (_, age, run) => run > 1 || age < 20 })]).RunUntil(60);

        Assert.Equal(["0 agent START", "30 agent PRESTOP", "32 agent TERM", "32 agent EXIT 0", "32 agent START"], pod.Log);
        Assert.Contains(pod.Published, published => published is { Reason: "Killing", Message: "Container agent failed liveness probe, will be restarted" });
    }

    [Fact]
    public void Readiness_failure_of_a_sidecar_makes_the_Pod_unready_without_a_restart()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: s, image: x, restartPolicy: Always, readinessProbe: {httpGet: {port: 1}, periodSeconds: 1}}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("s", new() { Probe = (_, age, _) => age is < 10 or > 20 })]).RunUntil(15);

        Assert.Equal("1/2", pod.Status.Ready);
        Assert.False(pod.Status.IsReady);
        pod.RunUntil(30);
        Assert.Equal("2/2", pod.Status.Ready);
        Assert.Equal(["0 s START", "0 agent START"], pod.Log);
    }

    [Fact]
    public void Startup_probe_delays_the_other_probes_until_it_has_passed()
    {
        var probes = new List<(ProbeKind Kind, double Age)>();
        new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: x,
              startupProbe: {httpGet: {port: 1}, periodSeconds: 1, failureThreshold: 60},
              livenessProbe: {httpGet: {port: 1}, initialDelaySeconds: 5}, readinessProbe: {httpGet: {port: 1}, initialDelaySeconds: 3}}]}}
            """,
            containers: [("agent", new()
            {
                Probe = (kind, age, _) =>
                {
                    probes.Add((kind, age));
                    return kind != ProbeKind.Startup || age >= 20;
                },
            })]).RunUntil(40);

        Assert.Equal(Enumerable.Range(0, 21).Select(second => (double)second), probes.Where(probe => probe.Kind == ProbeKind.Startup).Select(probe => probe.Age));
        Assert.Equal([25, 35], probes.Where(probe => probe.Kind == ProbeKind.Liveness).Select(probe => probe.Age));
        Assert.Equal([23, 33], probes.Where(probe => probe.Kind == ProbeKind.Readiness).Select(probe => probe.Age));
    }

    [Fact]
    public void Probe_with_defaults_runs_every_10_seconds_and_fails_after_three_failures()
    {
        var probes = new List<double>();
        var pod = new SimulatedPod(
            "{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: x, livenessProbe: {tcpSocket: {port: 1}}}]}}",
            containers: [("agent", new()
            {
                Probe = (_, age, run) =>
                {
                    probes.Add(age);
                    return run > 1;
                },
            })]).RunUntil(20);

        Assert.Equal([0, 10, 20, 0], probes);
        Assert.Equal(["0 agent START", "20 agent TERM", "20 agent EXIT 0", "20 agent START"], pod.Log);
    }

    [Theory]
    [InlineData("startupProbe")]
    [InlineData("livenessProbe")]
    public void Grace_period_of_a_probe_overrides_the_one_of_the_Pod(string probe)
    {
        var pod = new SimulatedPod(
            $$"""
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {terminationGracePeriodSeconds: 30, containers: [{name: agent, image: x,
              {{probe}}: {httpGet: {port: 1}, failureThreshold: 1, terminationGracePeriodSeconds: 4} }]} }
            """,
            containers: [("agent", new() { StopsAfter = null, Probe = (_, _, run) => run > 1 })]).RunUntil(20);

        Assert.Equal(["0 agent START", "0 agent TERM", "4 agent KILL", "4 agent EXIT 137", "4 agent START"], pod.Log);
    }
}
