using Lab.Containers;
using Lab.Containers.Local;
using Lab.Manifests;
using Lab.Objects;

namespace Lab.Tests.Containers;

/// <summary>Containers as real processes with real volumes.</summary>
public sealed class LocalSandboxTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ProcessStarter _starter = new();
    private readonly RecordedOutput _output = new();
    private RunDirectory? _run;
    private PodConfiguration? _configuration;

    public void Dispose()
    {
        _run?.Dispose();
        _starter.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Two_containers_see_the_same_volume_under_their_own_paths()
    {
        var (sandbox, pod) = CreateSandbox(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {volumes: [{name: v, emptyDir: {}}], containers: [
              {name: writer, image: busybox, command: [sh, -c, "echo hello > /out/file; echo $WHERE"], env: [{name: WHERE, value: "at /out/file"}], volumeMounts: [{name: v, mountPath: /out}]},
              {name: reader, image: busybox, command: [cat], args: [/in/file], volumeMounts: [{name: v, mountPath: /in}]}]}}
            """);

        Assert.Equal(0, await RunContainerAsync(sandbox, pod, "writer"));
        Assert.Equal(0, await RunContainerAsync(sandbox, pod, "reader"));

        Assert.Equal(["hello"], _output.LinesOf("reader"));
        Assert.Equal([$"at {_run!.GetContainerRoot("writer")}/out/file"], _output.LinesOf("writer"));
        Assert.Equal("hello\n", File.ReadAllText(Path.Combine(_run.GetVolumePath("v"), "file")));
    }

    [Fact]
    public async Task Environment_comes_from_the_manifest_and_not_from_the_user()
    {
        Environment.SetEnvironmentVariable("LAB_TEST_LEAK", "leaked");
        var (sandbox, pod) = CreateSandbox(
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

        Assert.Equal(0, await RunContainerAsync(sandbox, pod, "c"));

        var lines = _output.LinesOf("c").ToList();
        foreach (var expected in new[] { "P_one=1", "P_two=2", "POD=pod", "APP=agent", "IP=127.0.0.1", "MEMORY=64", "CPU=1", "TOKEN=secret", "URL=http://127.0.0.1:80/1$(X)$(NOPE)", "HOSTNAME=pod" })
        {
            Assert.Contains(expected, lines);
        }

        Assert.DoesNotContain(lines, line => line.StartsWith("LAB_TEST_LEAK", StringComparison.Ordinal) || line.StartsWith("MAYBE=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ConfigMap_is_mounted_with_translated_paths_and_updated_while_the_container_runs()
    {
        var (sandbox, pod) = CreateSandbox(
            """
            {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {app.conf: "log=/var/log/app/x\n"}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {volumes: [{name: conf, configMap: {name: c}}, {name: log, emptyDir: {}}], containers: [
              {name: c, image: busybox, command: [sh, -c, "while sleep 0.05; do cat /etc/app/app.conf; done"],
               volumeMounts: [{name: conf, mountPath: /etc/app}, {name: log, mountPath: /var/log/app}]}]}}
            """);
        await sandbox.MountVolumesAsync(CancellationToken.None);
        var process = await sandbox.StartContainerAsync(pod.Spec.Containers[0], CancellationToken.None);
        var log = $"{_run!.GetContainerRoot("c")}/var/log/app/";
        await Eventually.AssertAsync(() => _output.LinesOf("c").Contains($"log={log}x"), "the translated ConfigMap");

        var data = new Dictionary<string, string> { ["app.conf"] = "log=/var/log/app/y\n" };
        _configuration!.SetConfigMap(new ConfigMap { Metadata = new() { Name = "c" }, Data = data });
        sandbox.UpdateVolumes();

        await Eventually.AssertAsync(() => _output.LinesOf("c").Contains($"log={log}y"), "the changed ConfigMap");
        Assert.Equal("log=/var/log/app/y\n", File.ReadAllText(Path.Combine(_run.GetVolumePath("conf"), "app.conf")));
        process.SendKill();
        Assert.Equal(137, await process.Exit);
    }

    [Fact]
    public async Task Secret_volume_is_at_the_documented_path_and_shows_updates()
    {
        var (sandbox, pod) = CreateSandbox(
            """
            {apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {tls.crt: one, tls.key: key}}
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {volumes: [{name: tls, secret: {secretName: s, defaultMode: 0440}}], containers: [
              {name: c, image: busybox, command: [cat, /etc/tls/tls.crt], volumeMounts: [{name: tls, mountPath: /etc/tls, readOnly: true}]}]}}
            """);
        await sandbox.MountVolumesAsync(CancellationToken.None);
        Assert.Equal("one", File.ReadAllText(Path.Combine(_directory.Path, ".lab", "pod", "volumes", "tls", "tls.crt")));

        var data = new Dictionary<string, string> { ["tls.crt"] = "two", ["tls.key"] = "key" };
        _configuration!.SetSecret(new Secret { Metadata = new() { Name = "s" }, StringData = data });
        sandbox.UpdateVolumes();

        Assert.Equal(0, await RunContainerAsync(sandbox, pod, "c"));
        Assert.Equal(["two"], _output.LinesOf("c"));
    }

    [Fact]
    public async Task Projected_downward_API_and_subPath_volumes_are_mounted()
    {
        var (sandbox, pod) = CreateSandbox(
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

        Assert.Equal(0, await RunContainerAsync(sandbox, pod, "c"));

        Assert.Equal(["from-mapfrom-secretapp=\"x\"other", "labels", "map", "t"], _output.LinesOf("c"));
        Assert.True(File.Exists(Path.Combine(_run!.GetVolumePath("data"), "deep", "er", "x")));
    }

    [Fact]
    public async Task Missing_ConfigMap_is_reported_with_the_message_of_the_kubelet()
    {
        var (sandbox, _) = CreateSandbox(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {volumes: [{name: c, configMap: {name: fluent-bit-config}}], containers: [{name: c, image: busybox, command: [env]}]}}
            """);

        var exception = await Assert.ThrowsAsync<MountException>(() => sandbox.MountVolumesAsync(CancellationToken.None));

        Assert.Equal("MountVolume.SetUp failed for volume \"c\" : configmap \"fluent-bit-config\" not found", exception.Message);
    }

    [Fact]
    public async Task Missing_program_is_reported_with_the_message_of_a_container_engine()
    {
        var (sandbox, pod) = CreateSandbox("{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: c, image: busybox, command: [nosuchcmd]}]}}");
        await sandbox.MountVolumesAsync(CancellationToken.None);

        var exception = await Assert.ThrowsAsync<ContainerStartException>(() => sandbox.StartContainerAsync(pod.Spec.Containers[0], CancellationToken.None));

        Assert.Equal("exec: \"nosuchcmd\": executable file not found in $PATH", exception.Message);
    }

    [Fact]
    public async Task SIGTERM_reaches_the_first_process_and_SIGKILL_all_processes_of_the_container()
    {
        var (sandbox, pod) = CreateSandbox(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [
              {name: polite, image: busybox, command: [sh, -c, "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done"]},
              {name: stubborn, image: busybox, command: [sh, -c, "trap '' TERM; sleep 300 & echo child $!; wait"]}]}}
            """);
        await sandbox.MountVolumesAsync(CancellationToken.None);
        var polite = await sandbox.StartContainerAsync(pod.Spec.Containers[0], CancellationToken.None);
        var stubborn = await sandbox.StartContainerAsync(pod.Spec.Containers[1], CancellationToken.None);
        await Eventually.AssertAsync(() => _output.LinesOf("polite").Any() && _output.LinesOf("stubborn").Any(), "both to run");
        var child = _output.LinesOf("stubborn").Single().Split(' ')[1];

        polite.SendTerm();
        stubborn.SendTerm();
        Assert.Equal(7, await polite.Exit);
        Assert.Equal(["up", "bye"], _output.LinesOf("polite"));
        Assert.False(stubborn.Exit.IsCompleted);

        stubborn.SendKill();
        Assert.Equal(137, await stubborn.Exit);
        await Eventually.AssertAsync(() => !ProcessList.IsAlive(child), "the child to be gone");
    }

    [Fact]
    public async Task Remaining_processes_are_killed_when_the_first_process_exits()
    {
        var (sandbox, pod) = CreateSandbox("{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: c, image: busybox, command: [sh, -c, 'sleep 300 & echo $!']}]}}");

        Assert.Equal(0, await RunContainerAsync(sandbox, pod, "c"));

        var child = _output.LinesOf("c").Single();
        await Eventually.AssertAsync(() => !ProcessList.IsAlive(child), "the child to be gone");
    }

    [Fact]
    public async Task Command_in_a_container_has_its_environment_and_is_killed_on_cancellation()
    {
        var (sandbox, pod) = CreateSandbox(
            """
            {apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {volumes: [{name: v, emptyDir: {}}], containers: [
              {name: c, image: busybox, command: [sleep, "300"], env: [{name: X, value: why}], volumeMounts: [{name: v, mountPath: /v}]}]}}
            """);
        await sandbox.MountVolumesAsync(CancellationToken.None);
        var process = await sandbox.StartContainerAsync(pod.Spec.Containers[0], CancellationToken.None);

        var result = await sandbox.RunCommandAsync(pod.Spec.Containers[0], ["sh", "-c", "echo $X > /v/x; cat /v/x; exit 3"], CancellationToken.None);
        using var limit = new CancellationTokenSource();
        var endless = sandbox.RunCommandAsync(pod.Spec.Containers[0], ["sleep", "300"], limit.Token);
        await limit.CancelAsync();

        Assert.Equal(new ExecResult(3, "why"), result);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless.WaitAsync(Eventually.Deadline));
        process.SendKill();
        await process.Exit;
    }

    [Fact]
    public async Task Own_wrapper_of_the_lab_starts_a_process_in_its_own_session()
    {
        using var starter = new ProcessStarter(ProcessStarter.OwnWrapper);
        var process = await starter.StartProcessAsync(new ContainerCommand("/bin/sh", ["-c", "ps -o sid= -p $$; exit 5"]), new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" }, "/");
        var container = new LocalContainer(process, starter, "c", _output);
        var id = container.ProcessId;

        Assert.Equal(5, await container.Exit);
        Assert.Equal($"{id}", _output.LinesOf("c").Single().Trim());
    }

    private (LocalSandbox Sandbox, Pod Pod) CreateSandbox(string manifest)
    {
        var set = ManifestSet.ReadManifests([("pod.yaml", manifest)]);
        var pod = set.Workloads.Single().Pod;
        _run = RunDirectory.OpenDirectory(pod.Metadata.Name, _directory.Path);
        var images = new ImageCatalog(new Dictionary<string, string>());
        _configuration = new PodConfiguration(set.ConfigMaps, set.Secrets);
        return (new LocalSandbox(pod, _configuration, images, _run, _starter, _output, TimeProvider.System), pod);
    }

    private static async Task<int> RunContainerAsync(LocalSandbox sandbox, Pod pod, string container)
    {
        await sandbox.MountVolumesAsync(CancellationToken.None);
        var process = await sandbox.StartContainerAsync(pod.Spec.Containers.Single(candidate => candidate.Name == container), CancellationToken.None);
        return await process.Exit.WaitAsync(Eventually.Deadline);
    }
}
