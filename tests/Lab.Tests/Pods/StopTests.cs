using Lab.Pods;

namespace Lab.Tests.Pods;

public sealed class StopTests
{
    [Fact]
    public void Main_containers_stop_first_then_sidecars_one_by_one_in_reverse_order()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: a, image: x, restartPolicy: Always}, {name: b, image: x, restartPolicy: Always}, {name: c, image: x, restartPolicy: Always}],
              containers: [{name: one, image: x}, {name: two, image: x}]}}
            """,
            containers: [("one", new() { StopsAfter = 3 }), ("two", new() { StopsAfter = 5 }), ("c", new() { StopsAfter = 2 }), ("b", new() { StopsAfter = 2 })])
            .RunUntil(10).DeletePod().RunUntil(60);

        Assert.Equal(
            [
                "10 one TERM", "10 two TERM", "13 one EXIT 0", "15 two EXIT 0", "15 c TERM", "17 c EXIT 0", "17 b TERM", "19 b EXIT 0", "19 a TERM", "19 a EXIT 0",
            ],
            pod.Log.Skip(5));
        Assert.True(pod.IsFinished);
    }

    [Fact]
    public void All_preStop_hooks_start_together_and_precede_SIGTERM()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: s, image: x, restartPolicy: Always, lifecycle: {preStop: {exec: {command: [x]}}}}],
              containers: [{name: one, image: x, lifecycle: {preStop: {exec: {command: [x]}}}}, {name: two, image: x}]}}
            """,
            containers: [("s", new() { HookTakes = 1 }), ("one", new() { HookTakes = 4 })]).RunUntil(10).DeletePod().RunUntil(60);

        Assert.Equal(
            ["10 s PRESTOP", "10 one PRESTOP", "10 two TERM", "10 two EXIT 0", "14 one TERM", "14 one EXIT 0", "14 s TERM", "14 s EXIT 0"],
            pod.Log.Skip(3).OrderBy(line => line.StartsWith("10 ", StringComparison.Ordinal) && line.EndsWith("PRESTOP", StringComparison.Ordinal) ? 0 : 1));
    }

    [Fact]
    public void Hooks_and_waiting_use_up_the_single_grace_period_of_the_Pod()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {terminationGracePeriodSeconds: 10,
              initContainers: [{name: s, image: x, restartPolicy: Always}],
              containers: [{name: agent, image: x, lifecycle: {preStop: {exec: {command: [x]}}}}]}}
            """,
            containers: [("agent", new() { HookTakes = 3, StopsAfter = 3 }), ("s", new() { StopsAfter = null })]).RunUntil(0).DeletePod().RunUntil(60);

        Assert.Equal(["0 agent PRESTOP", "3 agent TERM", "6 agent EXIT 0", "6 s TERM", "10 s KILL", "10 s EXIT 137"], pod.Log.Skip(2));
    }

    [Fact]
    public void At_least_2_seconds_pass_between_SIGTERM_and_SIGKILL()
    {
        var pod = new SimulatedPod(PodManifests.OneBareSidecar, containers: [("agent", new() { StopsAfter = 29 }), ("s", new() { StopsAfter = null })]).RunUntil(0).DeletePod().RunUntil(60);

        Assert.Equal(["0 agent TERM", "29 agent EXIT 0", "29 s TERM", "31 s KILL", "31 s EXIT 137"], pod.Log.Skip(2));
    }

    [Fact]
    public void Remaining_containers_get_SIGTERM_together_at_the_end_of_the_grace_period()
    {
        var pod = new SimulatedPod(
            PodManifests.TwoBareSidecars,
            containers: [("agent", new() { StopsAfter = null }), ("logging", new() { StopsAfter = null }), ("metrics", new() { StopsAfter = null })]).RunUntil(5).DeletePod(10).RunUntil(60);

        Assert.Equal(
            ["15 agent KILL", "15 metrics TERM", "15 logging TERM", "15 agent EXIT 137", "17 metrics KILL", "17 logging KILL", "17 metrics EXIT 137", "17 logging EXIT 137"],
            pod.Log.SkipWhile(line => !line.StartsWith("15", StringComparison.Ordinal)));
        Assert.Equal(PodPhase.Failed, pod.Status.Phase);
    }

    [Fact]
    public void Endless_preStop_hooks_end_with_SIGKILL_2_seconds_after_the_grace_period()
    {
        var endless = new FakeContainer { HookTakes = null, StopsAfter = null };
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {terminationGracePeriodSeconds: 5,
              initContainers: [{name: s, image: x, restartPolicy: Always, lifecycle: {preStop: {exec: {command: [x]}}}}],
              containers: [{name: agent, image: x, lifecycle: {preStop: {exec: {command: [x]}}}}]}}
            """,
            containers: [("s", endless), ("agent", endless)]).RunUntil(0).DeletePod().RunUntil(60);

        Assert.Equal(["5 agent TERM", "5 s TERM", "7 agent KILL", "7 s KILL", "7 agent EXIT 137", "7 s EXIT 137"], pod.Log.Skip(4));
    }

    [Theory]
    [InlineData(137)]
    [InlineData(1)]
    public void Exit_code_of_a_sidecar_does_not_make_the_Pod_fail(int exitCode)
    {
        var pod = new SimulatedPod(PodManifests.OneBareSidecar, containers: [("s", new() { StopExitCode = exitCode })]).RunUntil(0).DeletePod().RunUntil(60);

        Assert.Equal(PodPhase.Succeeded, pod.Status.Phase);
        Assert.Equal("Completed", pod.Status.Status);
    }

    [Fact]
    public void Container_that_is_not_running_does_not_block_the_order()
    {
        var pod = new SimulatedPod(PodManifests.TwoBareSidecars, containers: [("metrics", new() { Ends = [(0, 1)] })]).RunUntil(5).DeletePod().RunUntil(5);

        Assert.Equal(["5 agent TERM", "5 agent EXIT 0", "5 logging TERM", "5 logging EXIT 0"], pod.Log.SkipWhile(line => !line.Contains("TERM", StringComparison.Ordinal)));
        Assert.True(pod.IsFinished);
    }

    [Fact]
    public void Pod_deleted_during_init_starts_no_further_container()
    {
        var pod = new SimulatedPod(PodManifests.TwoSidecars, containers: [("logging", new() { Probe = (_, _, _) => false, StopsAfter = 1 })]).RunUntil(10).DeletePod().RunUntil(60);

        Assert.Equal(["0 logging START", "10 logging TERM", "11 logging EXIT 0"], pod.Log);
        Assert.True(pod.IsFinished);
    }

    [Fact]
    public void Sidecars_stop_in_order_when_all_main_containers_have_completed()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: batch/v1, kind: Job, metadata: {name: job}, spec: {template: {spec: {restartPolicy: Never, terminationGracePeriodSeconds: 5,
              initContainers: [{name: a, image: x, restartPolicy: Always}, {name: b, image: x, restartPolicy: Always}],
              containers: [{name: work, image: x}]}}}}
            """,
            containers: [("work", new() { Ends = [(3, 0)] }), ("a", new() { StopsAfter = null })]).RunUntil(60);

        Assert.Equal(["3 work EXIT 0", "3 b TERM", "3 b EXIT 0", "3 a TERM", "8 a KILL", "8 a EXIT 137"], pod.Log.Skip(3));
        Assert.Equal(("0/3", "Completed", PodPhase.Succeeded), (pod.Status.Ready, pod.Status.Status, pod.Status.Phase));
    }

    [Fact]
    public void No_container_restarts_while_the_Pod_terminates()
    {
        var pod = new SimulatedPod(PodManifests.OneBareSidecar, containers: [("agent", new() { StopsAfter = 20 }), ("s", new() { Ends = [(7, 1)] })]).RunUntil(5).DeletePod().RunUntil(60);

        Assert.Equal(["5 agent TERM", "7 s EXIT 1", "25 agent EXIT 0"], pod.Log.Skip(2));
    }

    [Fact]
    public void Zero_grace_period_kills_all_containers_without_preStop()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {initContainers: [{name: s, image: x, restartPolicy: Always}],
              containers: [{name: agent, image: x, lifecycle: {preStop: {exec: {command: [x]}}}}]}}
            """).RunUntil(5).DeletePod(0).RunUntil(5);

        Assert.Equal(["5 agent KILL", "5 s KILL", "5 agent EXIT 137", "5 s EXIT 137"], pod.Log.Skip(2));
    }

    [Fact]
    public void Second_deletion_can_shorten_the_remaining_time_but_not_extend_it()
    {
        var stubborn = new FakeContainer { StopsAfter = null };
        var pod = new SimulatedPod(PodManifests.OneBareSidecar, containers: [("agent", stubborn), ("s", stubborn)]).RunUntil(0).DeletePod(20).RunUntil(5).DeletePod(100).RunUntil(10);
        Assert.Equal(["0 agent TERM"], pod.Log.Skip(2));

        pod.DeletePod(0).RunUntil(10);

        Assert.True(pod.IsFinished);
    }

    [Fact]
    public void Pod_deleted_before_its_first_start_finishes_without_running_anything()
    {
        var pod = new SimulatedPod(PodManifests.OneBareSidecar).DeletePod().RunUntil(5);

        Assert.True(pod.IsFinished);
        Assert.Empty(pod.Log);
    }

    [Fact]
    public void Readiness_probe_runs_until_the_exit_and_liveness_probe_does_not()
    {
        var probes = new List<ProbeKind>();
        new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: x,
              livenessProbe: {httpGet: {port: 1}, periodSeconds: 1}, readinessProbe: {httpGet: {port: 1}, periodSeconds: 1}}]}}
            """,
            containers: [("agent", new()
            {
                StopsAfter = 10,
                Probe = (kind, age, _) =>
                {
                    if (age > 5)
                    {
                        probes.Add(kind);
                    }

                    return true;
                },
            })]).RunUntil(5).DeletePod().RunUntil(30);

        Assert.NotEmpty(probes);
        Assert.DoesNotContain(ProbeKind.Liveness, probes);
    }
}
