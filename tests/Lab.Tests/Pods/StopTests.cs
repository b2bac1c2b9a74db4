using Lab.Pods;

namespace Lab.Tests.Pods;

public sealed class StopTests
{
    [Fact]
    public void Mains_get_TERM_first_and_sidecars_one_by_one_in_reverse_order_each_after_the_one_before_has_exited()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: a, image: x, restartPolicy: Always}, {name: b, image: x, restartPolicy: Always}, {name: c, image: x, restartPolicy: Always}],
              containers: [{name: one, image: x}, {name: two, image: x}]}}
            """,
            containers: [("one", new() { StopsAfter = 3 }), ("two", new() { StopsAfter = 5 }), ("c", new() { StopsAfter = 2 }), ("b", new() { StopsAfter = 2 })])
            .Until(10).Delete().Until(60);

        Assert.Equal(
            [
                "10 one TERM", "10 two TERM", "13 one EXIT 0", "15 two EXIT 0", "15 c TERM", "17 c EXIT 0", "17 b TERM", "19 b EXIT 0", "19 a TERM", "19 a EXIT 0",
            ],
            pod.Log.Skip(5));
        Assert.True(pod.IsFinished);
    }

    [Fact]
    public void All_preStop_hooks_begin_together_and_a_main_gets_TERM_after_its_own()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {
              initContainers: [{name: s, image: x, restartPolicy: Always, lifecycle: {preStop: {exec: {command: [x]}}}}],
              containers: [{name: one, image: x, lifecycle: {preStop: {exec: {command: [x]}}}}, {name: two, image: x}]}}
            """,
            containers: [("s", new() { HookTakes = 1 }), ("one", new() { HookTakes = 4 })]).Until(10).Delete().Until(60);

        Assert.Equal(
            ["10 s PRESTOP", "10 one PRESTOP", "10 two TERM", "10 two EXIT 0", "14 one TERM", "14 one EXIT 0", "14 s TERM", "14 s EXIT 0"],
            pod.Log.Skip(3).OrderBy(line => line.StartsWith("10 ", StringComparison.Ordinal) && line.EndsWith("PRESTOP", StringComparison.Ordinal) ? 0 : 1));
    }

    [Fact]
    public void One_grace_holds_for_the_whole_Pod_and_preStop_and_waiting_are_taken_from_it()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {terminationGracePeriodSeconds: 10,
              initContainers: [{name: s, image: x, restartPolicy: Always}],
              containers: [{name: agent, image: x, lifecycle: {preStop: {exec: {command: [x]}}}}]}}
            """,
            containers: [("agent", new() { HookTakes = 3, StopsAfter = 3 }), ("s", new() { StopsAfter = null })]).Until(0).Delete().Until(60);

        Assert.Equal(["0 agent PRESTOP", "3 agent TERM", "6 agent EXIT 0", "6 s TERM", "10 s KILL", "10 s EXIT 137"], pod.Log.Skip(2));
    }

    [Fact]
    public void At_least_2_seconds_are_left_between_TERM_and_KILL()
    {
        var pod = new SimulatedPod(Manifests.Bare, containers: [("agent", new() { StopsAfter = 29 }), ("s", new() { StopsAfter = null })]).Until(0).Delete().Until(60);

        Assert.Equal(["0 agent TERM", "29 agent EXIT 0", "29 s TERM", "31 s KILL", "31 s EXIT 137"], pod.Log.Skip(2));
    }

    [Fact]
    public void When_grace_is_spent_everyone_left_gets_TERM_together_and_KILL_2_seconds_later()
    {
        var pod = new SimulatedPod(
            Manifests.TwoBareSidecars,
            containers: [("agent", new() { StopsAfter = null }), ("logging", new() { StopsAfter = null }), ("metrics", new() { StopsAfter = null })]).Until(5).Delete(10).Until(60);

        Assert.Equal(
            ["15 agent KILL", "15 metrics TERM", "15 logging TERM", "15 agent EXIT 137", "17 metrics KILL", "17 logging KILL", "17 metrics EXIT 137", "17 logging EXIT 137"],
            pod.Log.SkipWhile(line => !line.StartsWith("15", StringComparison.Ordinal)));
        Assert.Equal(PodPhase.Failed, pod.Status.Phase);
    }

    [Fact]
    public void Endless_preStop_hooks_end_with_everyone_killed_together_at_grace_plus_2_seconds()
    {
        var endless = new FakeContainer { HookTakes = null, StopsAfter = null };
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {terminationGracePeriodSeconds: 5,
              initContainers: [{name: s, image: x, restartPolicy: Always, lifecycle: {preStop: {exec: {command: [x]}}}}],
              containers: [{name: agent, image: x, lifecycle: {preStop: {exec: {command: [x]}}}}]}}
            """,
            containers: [("s", endless), ("agent", endless)]).Until(0).Delete().Until(60);

        Assert.Equal(["5 agent TERM", "5 s TERM", "7 agent KILL", "7 s KILL", "7 agent EXIT 137", "7 s EXIT 137"], pod.Log.Skip(4));
    }

    [Theory]
    [InlineData(137)]
    [InlineData(1)]
    public void A_sidecar_that_ends_badly_does_not_make_the_Pod_fail(int exitCode)
    {
        var pod = new SimulatedPod(Manifests.Bare, containers: [("s", new() { StopExitCode = exitCode })]).Until(0).Delete().Until(60);

        Assert.Equal(PodPhase.Succeeded, pod.Status.Phase);
        Assert.Equal("Completed", pod.Status.Status);
    }

    [Fact]
    public void A_container_that_does_not_run_does_not_block_the_order()
    {
        var pod = new SimulatedPod(Manifests.TwoBareSidecars, containers: [("metrics", new() { Ends = [(0, 1)] })]).Until(5).Delete().Until(5);

        Assert.Equal(["5 agent TERM", "5 agent EXIT 0", "5 logging TERM", "5 logging EXIT 0"], pod.Log.SkipWhile(line => !line.Contains("TERM", StringComparison.Ordinal)));
        Assert.True(pod.IsFinished);
    }

    [Fact]
    public void A_Pod_deleted_during_init_is_gone_and_what_had_not_started_never_starts()
    {
        var pod = new SimulatedPod(Manifests.TwoSidecars, containers: [("logging", new() { Probe = (_, _, _) => false, StopsAfter = 1 })]).Until(10).Delete().Until(60);

        Assert.Equal(["0 logging START", "10 logging TERM", "11 logging EXIT 0"], pod.Log);
        Assert.True(pod.IsFinished);
    }

    [Fact]
    public void Sidecars_are_stopped_in_order_when_the_mains_are_done_and_the_Pod_completes()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: batch/v1, kind: Job, metadata: {name: job}, spec: {template: {spec: {restartPolicy: Never, terminationGracePeriodSeconds: 5,
              initContainers: [{name: a, image: x, restartPolicy: Always}, {name: b, image: x, restartPolicy: Always}],
              containers: [{name: work, image: x}]}}}}
            """,
            containers: [("work", new() { Ends = [(3, 0)] }), ("a", new() { StopsAfter = null })]).Until(60);

        Assert.Equal(["3 work EXIT 0", "3 b TERM", "3 b EXIT 0", "3 a TERM", "8 a KILL", "8 a EXIT 137"], pod.Log.Skip(3));
        Assert.Equal(("0/3", "Completed", PodPhase.Succeeded), (pod.Status.Ready, pod.Status.Status, pod.Status.Phase));
    }

    [Fact]
    public void Nothing_is_started_again_while_the_Pod_terminates()
    {
        var pod = new SimulatedPod(Manifests.Bare, containers: [("agent", new() { StopsAfter = 20 }), ("s", new() { Ends = [(7, 1)] })]).Until(5).Delete().Until(60);

        Assert.Equal(["5 agent TERM", "7 s EXIT 1", "25 agent EXIT 0"], pod.Log.Skip(2));
    }

    [Fact]
    public void No_grace_kills_everyone_at_once_and_skips_preStop()
    {
        var pod = new SimulatedPod(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {initContainers: [{name: s, image: x, restartPolicy: Always}],
              containers: [{name: agent, image: x, lifecycle: {preStop: {exec: {command: [x]}}}}]}}
            """).Until(5).Delete(0).Until(5);

        Assert.Equal(["5 agent KILL", "5 s KILL", "5 agent EXIT 137", "5 s EXIT 137"], pod.Log.Skip(2));
    }

    [Fact]
    public void A_second_deletion_may_shorten_what_is_left_and_never_lengthens_it()
    {
        var stubborn = new FakeContainer { StopsAfter = null };
        var pod = new SimulatedPod(Manifests.Bare, containers: [("agent", stubborn), ("s", stubborn)]).Until(0).Delete(20).Until(5).Delete(100).Until(10);
        Assert.Equal(["0 agent TERM"], pod.Log.Skip(2));

        pod.Delete(0).Until(10);

        Assert.True(pod.IsFinished);
    }

    [Fact]
    public void A_container_that_was_just_being_started_is_stopped_too()
    {
        var pod = new SimulatedPod(Manifests.Bare).Delete().Until(5);

        Assert.True(pod.IsFinished);
        Assert.Empty(pod.Log);
    }

    [Fact]
    public void Readiness_is_looked_at_to_the_end_so_that_traffic_stays_away_and_liveness_no_more()
    {
        var looks = new List<ProbeKind>();
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
                        looks.Add(kind);
                    }

                    return true;
                },
            })]).Until(5).Delete().Until(30);

        Assert.NotEmpty(looks);
        Assert.DoesNotContain(ProbeKind.Liveness, looks);
    }
}
