using Lab.Pods;

namespace Lab.Tests.Pods;

public sealed class RunTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_sidecar_is_started_again_whatever_its_exit_code_and_the_Pods_policy(int exitCode)
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {restartPolicy: Never,
              initContainers: [{name: s, image: x, restartPolicy: Always}], containers: [{name: agent, image: x}]}}
            """,
            containers: [("s", new() { Ends = [(5, exitCode), null] })]).Until(10);

        Assert.Equal(["0 s START", "0 agent START", $"5 s EXIT {exitCode}", "5 s START"], pod.Log);
    }

    [Fact]
    public void A_mains_restart_restarts_no_sidecar_and_a_sidecars_no_main()
    {
        var pod = new SimulatedPod(Manifests.TwoBareSidecars, containers: [("agent", new() { Ends = [(5, 1), null] }), ("logging", new() { Ends = [(7, 1), null] })]).Until(20);

        Assert.Equal(["0 logging START", "0 metrics START", "0 agent START", "5 agent EXIT 1", "5 agent START", "7 logging EXIT 1", "7 logging START"], pod.Log);
    }

    [Fact]
    public void Restarts_come_at_once_then_after_10_20_40_seconds_and_at_most_every_5_minutes()
    {
        var pod = new SimulatedPod("{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: x}]}}", containers: [("agent", new() { Ends = [(0, 1)] })]).Until(1500);

        Assert.Equal(["0", "0", "10", "30", "70", "150", "310", "610", "910", "1210"], pod.Those("START").Select(line => line.Split(' ')[0]));
        Assert.Equal("0/1 CrashLoopBackOff", pod.Watch[^1]);
        Assert.Contains("CrashLoopBackOff", Assert.IsType<ContainerState.Waiting>(pod["agent"].State).Reason, StringComparison.Ordinal);
        Assert.Contains("back-off 5m0s restarting failed container=agent pod=pod_default(", Assert.IsType<ContainerState.Waiting>(pod["agent"].State).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_minutes_of_health_make_the_back_off_forgotten()
    {
        var pod = new SimulatedPod(
            "{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: x}]}}",
            containers: [("agent", new() { Ends = [(0, 1), (0, 1), (0, 1), (601, 1), (0, 1), null] })]).Until(900);

        Assert.Equal(["0", "0", "10", "30", "631", "641"], pod.Those("START").Select(line => line.Split(' ')[0]));
    }

    [Theory]
    [InlineData("Never", 0, 1, "Completed", PodPhase.Succeeded)]
    [InlineData("Never", 3, 1, "Error", PodPhase.Failed)]
    [InlineData("OnFailure", 0, 1, "Completed", PodPhase.Succeeded)]
    [InlineData("OnFailure", 3, 2, "Completed", PodPhase.Succeeded)]
    [InlineData("Always", 0, 2, "Completed", PodPhase.Succeeded)]
    internal void The_restart_policy_says_whether_a_main_that_ended_is_started_again(string policy, int exitCode, int starts, string status, PodPhase phase)
    {
        var pod = new SimulatedPod(
            $$"""{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {restartPolicy: {{policy}}, containers: [{name: agent, image: x}]} }""",
            containers: [("agent", new() { Ends = [(1, exitCode), policy == "Always" ? null : (1, 0)] })]).Until(5);

        Assert.Equal(starts, pod.Those("START").Count());
        if (policy == "Always")
        {
            Assert.False(pod.IsFinished);
            return;
        }

        Assert.True(pod.IsFinished);
        Assert.Equal((status, phase), (pod.Status.Status, pod.Status.Phase));
    }

    [Fact]
    public void A_liveness_failure_runs_preStop_ends_the_container_and_starts_it_again()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: x,
              lifecycle: {preStop: {exec: {command: [x]}}}, livenessProbe: {httpGet: {port: 1}, periodSeconds: 5}}]}}
            """,
            containers: [("agent", new() { HookTakes = 2, Probe = (_, age, run) => run > 1 || age < 20 })]).Until(60);

        Assert.Equal(["0 agent START", "30 agent PRESTOP", "32 agent TERM", "32 agent EXIT 0", "32 agent START"], pod.Log);
        Assert.Contains(pod.Notices, notice => notice is { Reason: "Killing", Message: "Container agent failed liveness probe, will be restarted" });
    }

    [Fact]
    public void A_readiness_failure_makes_the_Pod_not_ready_and_restarts_nothing_and_a_sidecars_counts()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: s, image: x, restartPolicy: Always, readinessProbe: {httpGet: {port: 1}, periodSeconds: 1}}],
              containers: [{name: agent, image: x}]}}
            """,
            containers: [("s", new() { Probe = (_, age, _) => age is < 10 or > 20 })]).Until(15);

        Assert.Equal("1/2", pod.Status.Ready);
        Assert.False(pod.Status.IsReady);
        pod.Until(30);
        Assert.Equal("2/2", pod.Status.Ready);
        Assert.Equal(["0 s START", "0 agent START"], pod.Log);
    }

    [Fact]
    public void A_startup_probe_suspends_the_other_two_and_their_delays_count_from_its_passing()
    {
        var looks = new List<(ProbeKind Kind, double Age)>();
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
                    looks.Add((kind, age));
                    return kind != ProbeKind.Startup || age >= 20;
                },
            })]).Until(40);

        Assert.Equal(Enumerable.Range(0, 21).Select(second => (double)second), looks.Where(look => look.Kind == ProbeKind.Startup).Select(look => look.Age));
        Assert.Equal([25, 35], looks.Where(look => look.Kind == ProbeKind.Liveness).Select(look => look.Age));
        Assert.Equal([23, 33], looks.Where(look => look.Kind == ProbeKind.Readiness).Select(look => look.Age));
    }

    [Fact]
    public void A_probe_that_says_nothing_looks_every_10_seconds_and_three_failures_count()
    {
        var looks = new List<double>();
        var pod = new SimulatedPod(
            "{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: x, livenessProbe: {tcpSocket: {port: 1}}}]}}",
            containers: [("agent", new()
            {
                Probe = (_, age, run) =>
                {
                    looks.Add(age);
                    return run > 1;
                },
            })]).Until(20);

        Assert.Equal([0, 10, 20, 0], looks);
        Assert.Equal(["0 agent START", "20 agent TERM", "20 agent EXIT 0", "20 agent START"], pod.Log);
    }

    [Theory]
    [InlineData("startupProbe")]
    [InlineData("livenessProbe")]
    public void A_probes_own_grace_overrides_the_Pods(string probe)
    {
        var pod = new SimulatedPod(
            $$"""
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {terminationGracePeriodSeconds: 30, containers: [{name: agent, image: x,
              {{probe}}: {httpGet: {port: 1}, failureThreshold: 1, terminationGracePeriodSeconds: 4} }]} }
            """,
            containers: [("agent", new() { StopsAfter = null, Probe = (_, _, run) => run > 1 })]).Until(20);

        Assert.Equal(["0 agent START", "0 agent TERM", "4 agent KILL", "4 agent EXIT 137", "4 agent START"], pod.Log);
    }
}
