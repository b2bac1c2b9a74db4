using System.Net;
using System.Net.Sockets;
using Lab.Tests.Containers;

namespace Lab.Tests.CommandLine;

/// <summary>The lab as a user starts it: its output, its files, its exit code.</summary>
public sealed class LabProcessTests : IAsyncLifetime, IAsyncDisposable
{
    private const string TwoSidecars =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: pod}
        spec:
          terminationGracePeriodSeconds: 20
          initContainers:
          - name: logging
            image: busybox:1.36
            restartPolicy: Always
            command: [sh, -c, "trap 'echo bye; exit 0' TERM; echo logging up >>/ev/started; touch /ev/logging; while :; do sleep 0.05; done"]
            startupProbe: {exec: {command: [cat, /ev/logging]}, periodSeconds: 1, failureThreshold: 60}
            volumeMounts: [{name: ev, mountPath: /ev}]
          - name: metrics
            image: busybox:1.36
            restartPolicy: Always
            command: [sh, -c, "trap 'echo bye; exit 0' TERM; echo metrics up >>/ev/started; echo up; touch /ev/metrics; while :; do sleep 0.05; done"]
            startupProbe: {exec: {command: [cat, /ev/metrics]}, periodSeconds: 1, failureThreshold: 60}
            volumeMounts: [{name: ev, mountPath: /ev}]
          containers:
          - name: agent
            image: busybox:1.36
            command: [sh, -c, "trap 'echo bye; exit 0' TERM; cat /ev/started; echo up; echo on stderr >&2; sleep 4242 & while :; do sleep 0.05; done"]
            volumeMounts: [{name: ev, mountPath: /ev}]
          volumes: [{name: ev, emptyDir: {}}]
        """;

    private readonly LabProcess _lab = new();

    public Task InitializeAsync() => Task.CompletedTask;

    // xunit 2 calls this method; the analyzers require the other one.
    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Theory]
    [InlineData(2)]
    [InlineData(15)]
    public async Task Signal_stops_the_agent_then_the_sidecars_in_reverse_and_exits_with_0(int signal)
    {
        var process = _lab.Start(TwoSidecars).Process;
        await process.WaitForLineAsync("3/3     Running");
        await process.WaitForLineAsync("agent   | on stderr");

        process.SendSignal(signal);

        Assert.Equal(0, await process.WaitForExitAsync());
        Assert.Equal(["agent   | logging up", "agent   | metrics up", "agent   | up"], process.Output.Where(line => line.StartsWith("agent ", StringComparison.Ordinal) && line.EndsWith(" up", StringComparison.Ordinal)));
        Assert.Equal(["agent   | bye", "metrics | bye", "logging | bye"], process.Output.Where(line => line.EndsWith("| bye", StringComparison.Ordinal)));
        Assert.Contains("agent   | on stderr", process.Output);
        Assert.Empty(ProcessList.FindByCommandLine(_lab.Directory));
    }

    [Fact]
    public async Task Killed_lab_leaves_no_process_running()
    {
        var marker = $"{Random.Shared.Next(1_000_000, 9_000_000)}";
        var process = _lab.Start(TwoSidecars.Replace("4242", marker, StringComparison.Ordinal)).Process;
        await process.WaitForLineAsync("3/3     Running");
        Assert.NotEmpty(ProcessList.FindByCommandLine(marker));

        process.SendSignal(9);

        await Eventually.AssertAsync(
            () => ProcessList.FindByCommandLine(marker).Count == 0 && ProcessList.FindByCommandLine(_lab.Directory).Count == 0,
            () => $"no process left: {string.Join(", ", ProcessList.FindByCommandLine(marker).Concat(ProcessList.FindByCommandLine(_lab.Directory)))}");
    }

    [Fact]
    public async Task Edited_ConfigMap_and_Secret_are_applied_and_an_edited_Pod_requires_a_restart()
    {
        const string Manifest =
            """
            {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {key: first}}
            ---
            {apiVersion: v1, kind: Secret, metadata: {name: password}, stringData: {key: eins}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [
              {name: agent, image: busybox, volumeMounts: [{name: c, mountPath: /etc/c}, {name: s, mountPath: /etc/s}],
               command: [sh, -c, "trap 'exit 0' TERM; old=; while :; do new=$(cat /etc/c/key)-$(cat /etc/s/key); [ $new = $old ] || echo has $new; old=$new; sleep 0.05; done"]}],
              volumes: [{name: c, configMap: {name: settings}}, {name: s, secret: {secretName: password}}]}}
            """;
        var process = _lab.Start(Manifest).Process;
        var file = Path.Combine(_lab.Directory, "pod.yaml");
        await process.WaitForLineAsync("has first-eins");

        await File.WriteAllTextAsync(file, Manifest.Replace("first", "second", StringComparison.Ordinal));
        await process.WaitForLineAsync("has second-eins");

        await File.WriteAllTextAsync(file, Manifest.Replace("first", "[", StringComparison.Ordinal));
        await process.WaitForLineAsync("the changed manifest is not applied: pod.yaml:");

        await File.WriteAllTextAsync(file, Manifest.Replace("first", "second", StringComparison.Ordinal).Replace("eins", "zwei", StringComparison.Ordinal));
        await process.WaitForLineAsync("Secret password has changed");
        await process.WaitForLineAsync("has second-zwei");

        await File.WriteAllTextAsync(file, Manifest.Replace("busybox", "alpine", StringComparison.Ordinal));
        await process.WaitForLineAsync("has first-eins");
        await process.WaitForLineAsync("restart the lab");
        Assert.Equal(0, await process.TerminateAsync());
    }

    [Fact]
    public async Task Second_signal_kills_immediately()
    {
        var process = _lab.Start(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {terminationGracePeriodSeconds: 3600, containers: [
              {name: agent, image: busybox, command: [sh, -c, "trap '' TERM; while :; do sleep 0.05; done"]}]}}
            """).Process;
        await process.WaitForLineAsync("1/1     Running");

        process.SendSignal(2);
        await process.WaitForLineAsync("stopping agent");

        // Repeated, because a signal right after the first one counts as the same signal.
        await Eventually.AssertAsync(
            () => !process.TrySendSignal(2) || process.Output.Any(l => l.Contains("agent exited with code 137, killed", StringComparison.Ordinal)),
            "agent to be killed");

        Assert.Equal(0, await process.WaitForExitAsync());
        Assert.Contains(process.Output, l => l.Contains("agent exited with code 137, killed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("exit 0", 0, "succeeded")]
    [InlineData("exit 3", 1, "failed")]
    public async Task Lab_exits_with_the_outcome_of_a_completed_Job(string script, int exitCode, string word)
    {
        var process = _lab.Start(
            $$"""
            {apiVersion: batch/v1, kind: Job, metadata: {name: job}, spec: {template: {spec: {restartPolicy: Never,
              initContainers: [{name: s, image: busybox, restartPolicy: Always, command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.05; done"]}],
              containers: [{name: work, image: busybox, command: [sh, -c, "echo working; {{script}}"]}]} } } }
            """).Process;

        Assert.Equal(exitCode, await process.WaitForExitAsync());
        Assert.Contains("work | working", process.Output);
        Assert.Contains($"lab  | job {word}", process.Output);
    }

    [Fact]
    public async Task Crashed_sidecar_restarts_and_the_agent_keeps_running()
    {
        var process = _lab.Start(TwoSidecars).Process;
        await process.WaitForLineAsync("3/3     Running");

        var victim = ProcessList.FindByCommandLine("echo metrics up").Intersect(ProcessList.FindByCommandLine("sh -c trap")).ToList();
        var metrics = victim.Single(id => File.ReadAllText($"/proc/{id}/environ").Contains(Path.Combine(_lab.Directory, ".lab/pod/containers/metrics"), StringComparison.Ordinal));
        using (var kill = System.Diagnostics.Process.Start("kill", ["-KILL", metrics]))
        {
            await kill.WaitForExitAsync();
        }

        await process.WaitForLineAsync("metrics exited with code 137, killed");
        await Eventually.AssertAsync(() => process.Output.Count(line => line == "metrics | up") == 2, "the second run");
        Assert.Single(process.Output, line => line == "agent   | up");
        Assert.Equal(0, await process.TerminateAsync());
    }

    [Fact]
    public async Task Port_in_use_is_one_line_with_port_container_and_owner()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var process = _lab.Start(
            $$"""
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: agent, image: busybox, command: [env], ports: [{containerPort: {{port}} }]}]} }
            """).Process;

        Assert.Equal(2, await process.WaitForExitAsync());
        Assert.Contains($"port {port} (container agent) is in use by ", process.Errors.Single(), StringComparison.Ordinal);
        Assert.Contains($"(pid {Environment.ProcessId})", process.Errors.Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, image: busybox, bogus: 1}]}}", "pod.yaml:1: unknown field \"spec.containers[0].bogus\"")]
    [InlineData("a: [", "pod.yaml:2: not YAML:")]
    [InlineData("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, image: 'fluent/fluent-bit:latest'}]}}", "pod.yaml:1: image \"fluent/fluent-bit:latest\" cannot be run without a cluster: the lab runs agent")]
    [InlineData("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: v, nfs: {server: a, path: /b}}], containers: [{name: a, image: busybox, command: [env]}]}}", "pod.yaml:1: volume \"v\": nfs needs a cluster")]
    [InlineData("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: c, configMap: {name: fluent-bit-config}}], containers: [{name: a, image: busybox, command: [env]}]}}", "pod.yaml:1: MountVolume.SetUp failed for volume \"c\" : configmap \"fluent-bit-config\" not found (add the ConfigMap")]
    [InlineData("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, image: busybox, command: [env], ports: [{containerPort: 21001}]}, {name: b, image: busybox, command: [env], ports: [{containerPort: 21001}]}]}}", "pod.yaml:1: port 21001 of container b is taken by container a")]
    [InlineData("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}", "no Pod, Deployment or Job in the manifests")]
    [InlineData("{apiVersion: v1, kind: Pod, metadata: {name: one}, spec: {containers: [{name: a, image: busybox, command: [env]}]}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: two}, spec: {containers: [{name: a, image: busybox, command: [env]}]}}", "several to run: choose one with --pod (one, two)")]
    public async Task Manifest_that_cannot_run_is_reported_in_one_line_with_exit_code_2(string manifest, string line)
    {
        var process = _lab.Start(manifest).Process;

        Assert.Equal(2, await process.WaitForExitAsync());
        Assert.StartsWith(line, process.Errors.Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nosuch.yaml", "nosuch.yaml: no such file")]
    [InlineData("--bogus", "unknown option --bogus (--help shows them)")]
    [InlineData("--pod", "--pod needs a name")]
    public async Task Wrong_command_line_is_reported_in_one_line_with_exit_code_2(string argument, string line)
    {
        var process = _lab.StartWithArguments(argument).Process;

        Assert.Equal(2, await process.WaitForExitAsync());
        Assert.Equal([line], process.Errors);
    }

    [Fact]
    public async Task Deployment_is_chosen_by_name_and_runs_its_template()
    {
        var process = _lab.Start(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: one}, spec: {containers: [{name: a, image: busybox, command: [env]}]}}
            ---
            {apiVersion: apps/v1, kind: Deployment, metadata: {name: two}, spec: {replicas: 2, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}},
              spec: {containers: [{name: web, image: busybox, command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.05; done"]}]}}}}
            ---
            {apiVersion: v1, kind: Service, metadata: {name: two}, spec: {selector: {a: b}, ports: [{port: 80}]}}
            """,
            "--pod",
            "two").Process;
        await process.WaitForLineAsync("two    1/1     Running");
        Assert.Contains("lab | Service two: not needed here", process.Output);

        Assert.Equal(0, await process.TerminateAsync());
    }

    [Fact]
    public async Task Second_lab_does_not_run_the_same_Pod_in_the_same_directory()
    {
        var process = _lab.Start(TwoSidecars).Process;
        await process.WaitForLineAsync("3/3     Running");

        await using var second = _lab.StartSecondLab();

        Assert.Equal(2, await second.WaitForExitAsync());
        Assert.Contains("does another lab run this Pod here?", second.Errors.Single(), StringComparison.Ordinal);
        Assert.Equal(0, await process.TerminateAsync());
    }
}
