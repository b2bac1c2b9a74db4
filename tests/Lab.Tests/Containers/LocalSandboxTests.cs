using Lab.Containers;
using Lab.Containers.Local;
using Lab.Objects;
using TestKit;

namespace Lab.Tests.Containers;

/// <summary>Real processes, real volumes.</summary>
public sealed class LocalSandboxTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ProcessStarter _starter = new();
    private readonly RecordedOutput _output = new();
    private RunDirectory? _run;

    public void Dispose()
    {
        _run?.Dispose();
        _starter.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_container_sees_its_volumes_under_its_own_paths_and_another_container_sees_the_same_files()
    {
        var (sandbox, pod) = Sandbox(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {volumes: [{name: v, emptyDir: {}}], containers: [
              {name: writer, image: busybox, command: [sh, -c, "echo hello > /out/file; echo $WHERE"], env: [{name: WHERE, value: "at /out/file"}], volumeMounts: [{name: v, mountPath: /out}]},
              {name: reader, image: busybox, command: [cat], args: [/in/file], volumeMounts: [{name: v, mountPath: /in}]}]}}
            """);

        Assert.Equal(0, await RunAsync(sandbox, pod, "writer"));
        Assert.Equal(0, await RunAsync(sandbox, pod, "reader"));

        Assert.Equal(["hello"], _output.Of("reader"));
        Assert.Equal([$"at {_run!.ContainerRoot("writer")}/out/file"], _output.Of("writer"));
        Assert.Equal("hello\n", File.ReadAllText(Path.Combine(_run.Volume("v"), "file")));
    }

    [Fact]
    public async Task The_environment_is_the_manifests_and_not_the_users()
    {
        Environment.SetEnvironmentVariable("LAB_TEST_LEAK", "leaked");
        var (sandbox, pod) = Sandbox(
            """
            {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {one: "1", two: "2"}}
            ---
            {apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {token: secret}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: pod, labels: {app: agent}}, spec: {containers: [
              {name: c, image: busybox, command: [env], resources: {limits: {memory: 64Mi, cpu: 500m}}, envFrom: [{prefix: P_, configMapRef: {name: c}}], env: [
                {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}, {name: APP, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}},
                {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}, {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}},
                {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}, {name: TOKEN, valueFrom: {secretKeyRef: {name: s, key: token}}},
                {name: MAYBE, valueFrom: {configMapKeyRef: {name: nope, key: x, optional: true}}}, {name: URL, value: "http://$(IP):80/$(P_one)$$(X)$(NOPE)"}]}]}}
            """);

        Assert.Equal(0, await RunAsync(sandbox, pod, "c"));

        var lines = _output.Of("c").ToList();
        foreach (var expected in new[] { "P_one=1", "P_two=2", "POD=pod", "APP=agent", "IP=127.0.0.1", "MEMORY=64", "CPU=1", "TOKEN=secret", "URL=http://127.0.0.1:80/1$(X)$(NOPE)", "HOSTNAME=pod" })
        {
            Assert.Contains(expected, lines);
        }

        Assert.DoesNotContain(lines, line => line.StartsWith("LAB_TEST_LEAK", StringComparison.Ordinal) || line.StartsWith("MAYBE=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_ConfigMap_is_read_with_the_containers_own_paths_in_it_and_changes_while_it_runs()
    {
        var (sandbox, pod) = Sandbox(
            """
            {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {app.conf: "log=/var/log/app/x\n"}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {volumes: [{name: conf, configMap: {name: c}}, {name: log, emptyDir: {}}], containers: [
              {name: c, image: busybox, command: [sh, -c, "while sleep 0.05; do cat /etc/app/app.conf; done"],
               volumeMounts: [{name: conf, mountPath: /etc/app}, {name: log, mountPath: /var/log/app}]}]}}
            """);
        await sandbox.MountAsync(CancellationToken.None);
        var process = await sandbox.StartAsync(pod.Spec.Containers[0], CancellationToken.None);
        var log = $"{_run!.ContainerRoot("c")}/var/log/app/";
        await Eventually.AssertAsync(() => _output.Of("c").Contains($"log={log}x"), "the translated ConfigMap");

        sandbox.Update(new ConfigMap { Metadata = new() { Name = "c" }, Data = new Dictionary<string, string> { ["app.conf"] = "log=/var/log/app/y\n" } });

        await Eventually.AssertAsync(() => _output.Of("c").Contains($"log={log}y"), "the changed ConfigMap");
        Assert.Equal("log=/var/log/app/y\n", File.ReadAllText(Path.Combine(_run.Volume("conf"), "app.conf")));
        process.Kill();
        Assert.Equal(137, await process.Exit);
    }

    [Fact]
    public async Task A_Secret_volume_lies_where_the_documentation_says_and_can_be_swapped_there()
    {
        var (sandbox, pod) = Sandbox(
            """
            {apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {tls.crt: one, tls.key: key}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {volumes: [{name: tls, secret: {secretName: s, defaultMode: 0440}}], containers: [
              {name: c, image: busybox, command: [cat, /etc/tls/tls.crt], volumeMounts: [{name: tls, mountPath: /etc/tls, readOnly: true}]}]}}
            """);
        await sandbox.MountAsync(CancellationToken.None);
        Assert.Equal("one", File.ReadAllText(Path.Combine(_directory.Path, ".lab", "pod", "volumes", "tls", "tls.crt")));

        sandbox.Update(new Secret { Metadata = new() { Name = "s" }, StringData = new Dictionary<string, string> { ["tls.crt"] = "two", ["tls.key"] = "key" } });

        Assert.Equal(0, await RunAsync(sandbox, pod, "c"));
        Assert.Equal(["two"], _output.Of("c"));
    }

    [Fact]
    public async Task Projected_downward_and_subPath_volumes_are_made()
    {
        var (sandbox, pod) = Sandbox(
            """
            {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: from-map, b: other}}
            ---
            {apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {t: from-secret}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: pod, labels: {app: x}}, spec: {
              volumes: [{name: all, projected: {sources: [{configMap: {name: c, items: [{key: a, path: map/a}]}}, {secret: {name: s}}, {downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}]}},
                {name: one, configMap: {name: c}}, {name: data, emptyDir: {}}],
              containers: [{name: c, image: busybox, command: [sh, -c, "cat /all/map/a /all/t /all/labels /one.txt; echo; ls /all; echo x > /data/x"],
                volumeMounts: [{name: all, mountPath: /all}, {name: one, mountPath: /one.txt, subPath: b}, {name: data, mountPath: /data, subPath: deep/er}]}]}}
            """);

        Assert.Equal(0, await RunAsync(sandbox, pod, "c"));

        Assert.Equal(["from-mapfrom-secretapp=\"x\"other", "labels", "map", "t"], _output.Of("c"));
        Assert.True(File.Exists(Path.Combine(_run!.Volume("data"), "deep", "er", "x")));
    }

    [Fact]
    public async Task A_ConfigMap_that_is_missing_is_said_in_the_kubelets_words()
    {
        var (sandbox, _) = Sandbox(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {volumes: [{name: c, configMap: {name: fluent-bit-config}}], containers: [{name: c, image: busybox, command: [env]}]}}
            """);

        var exception = await Assert.ThrowsAsync<MountException>(() => sandbox.MountAsync(CancellationToken.None));

        Assert.Equal("MountVolume.SetUp failed for volume \"c\" : configmap \"fluent-bit-config\" not found", exception.Message);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_said_as_a_container_engine_says_it()
    {
        var (sandbox, pod) = Sandbox("{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: c, image: busybox, command: [nosuchcmd]}]}}");
        await sandbox.MountAsync(CancellationToken.None);

        var exception = await Assert.ThrowsAsync<ContainerStartException>(() => sandbox.StartAsync(pod.Spec.Containers[0], CancellationToken.None));

        Assert.Equal("exec: \"nosuchcmd\": executable file not found in $PATH", exception.Message);
    }

    [Fact]
    public async Task TERM_reaches_the_first_process_and_KILL_everything_in_the_container()
    {
        var (sandbox, pod) = Sandbox(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [
              {name: polite, image: busybox, command: [sh, -c, "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done"]},
              {name: stubborn, image: busybox, command: [sh, -c, "trap '' TERM; sleep 300 & echo child $!; wait"]}]}}
            """);
        await sandbox.MountAsync(CancellationToken.None);
        var polite = await sandbox.StartAsync(pod.Spec.Containers[0], CancellationToken.None);
        var stubborn = await sandbox.StartAsync(pod.Spec.Containers[1], CancellationToken.None);
        await Eventually.AssertAsync(() => _output.Of("polite").Any() && _output.Of("stubborn").Any(), "both to run");
        var child = _output.Of("stubborn").Single().Split(' ')[1];

        polite.Terminate();
        stubborn.Terminate();
        Assert.Equal(7, await polite.Exit);
        Assert.Equal(["up", "bye"], _output.Of("polite"));
        Assert.False(stubborn.Exit.IsCompleted);

        stubborn.Kill();
        Assert.Equal(137, await stubborn.Exit);
        await Eventually.AssertAsync(() => !Processes.IsAlive(child), "the child to be gone");
    }

    [Fact]
    public async Task What_a_containers_first_process_leaves_behind_ends_with_it()
    {
        var (sandbox, pod) = Sandbox("{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: c, image: busybox, command: [sh, -c, 'sleep 300 & echo $!']}]}}");

        Assert.Equal(0, await RunAsync(sandbox, pod, "c"));

        var child = _output.Of("c").Single();
        await Eventually.AssertAsync(() => !Processes.IsAlive(child), "the child to be gone");
    }

    [Fact]
    public async Task A_command_inside_a_container_has_its_environment_and_paths_and_is_ended_when_time_is_up()
    {
        var (sandbox, pod) = Sandbox(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {volumes: [{name: v, emptyDir: {}}], containers: [
              {name: c, image: busybox, command: [sleep, "300"], env: [{name: X, value: why}], volumeMounts: [{name: v, mountPath: /v}]}]}}
            """);
        await sandbox.MountAsync(CancellationToken.None);
        var process = await sandbox.StartAsync(pod.Spec.Containers[0], CancellationToken.None);

        var result = await sandbox.ExecAsync(pod.Spec.Containers[0], ["sh", "-c", "echo $X > /v/x; cat /v/x; exit 3"], CancellationToken.None);
        using var limit = new CancellationTokenSource();
        var endless = sandbox.ExecAsync(pod.Spec.Containers[0], ["sleep", "300"], limit.Token);
        await limit.CancelAsync();

        Assert.Equal(new ExecResult(3, "why"), result);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless.WaitAsync(Eventually.Deadline));
        process.Kill();
        await process.Exit;
    }

    [Fact]
    public async Task The_labs_own_wrapper_makes_a_container_too()
    {
        using var starter = new ProcessStarter(ProcessStarter.OwnWrapper);
        var process = await starter.StartAsync(new ContainerCommand("/bin/sh", ["-c", "ps -o sid= -p $$; exit 5"]), new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" }, "/");
        var container = new LocalContainer(process, starter, "c", _output);
        var id = container.ProcessId;

        Assert.Equal(5, await container.Exit);
        Assert.Equal($"{id}", _output.Of("c").Single().Trim());
    }

    private (LocalSandbox Sandbox, Pod Pod) Sandbox(string manifest)
    {
        var set = ManifestSet.Read([("pod.yaml", manifest)]);
        var pod = set.Workloads.Single().Pod;
        _run = RunDirectory.Open(pod.Metadata.Name, _directory.Path);
        var images = new ImageCatalog(new Dictionary<string, string>());
        return (new LocalSandbox(pod, new PodConfiguration(set.ConfigMaps, set.Secrets), images, _run, _starter, _output, TimeProvider.System), pod);
    }

    private static async Task<int> RunAsync(LocalSandbox sandbox, Pod pod, string container)
    {
        await sandbox.MountAsync(CancellationToken.None);
        var process = await sandbox.StartAsync(pod.Spec.Containers.Single(candidate => candidate.Name == container), CancellationToken.None);
        return await process.Exit.WaitAsync(Eventually.Deadline);
    }
}
