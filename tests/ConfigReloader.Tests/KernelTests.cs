using ConfigReloader.Tests.Support;

namespace ConfigReloader.Tests;

/// <summary>Limits of the kernel: signals to processes of other users, the number of inotify watches, and process 1.</summary>
public sealed class KernelTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MountedVolume _volume;

    public KernelTests() => _volume = Volumes.CreateVolume(_directory["config"], ("key", "0"));

    public void Dispose() => _directory.Dispose();

    [RequiresCommandFact("setpriv", "--bounding-set=-kill", "setpriv", "--reuid=65534", "--clear-groups", "true")]
    public async Task Process_of_another_user_is_reported_with_its_user_and_retried()
    {
        // Root without the capability KILL cannot signal processes of other users. (The script cannot check its parent either.)
        await using var application = ChildProcess.Start(
            "setpriv", ["--reuid=65534", "--clear-groups", "sh", "-c", "trap 'echo reload' HUP; echo ready; for i in $(seq 3000); do sleep 0.2; done"]);
        await application.WaitForLineAsync("ready");
        await File.WriteAllTextAsync(_directory["pid"], $"{application.Id}");
        string[] withoutKill = ["setpriv", "--bounding-set=-kill"];
        string[] flags =
        [
            $"--Watches:app:Directory={_volume.Path}", "--Watches:app:Target:Signal=HUP", $"--Watches:app:Target:PidFile={_directory["pid"]}",
            "--Watches:app:Debounce=20ms", "--Watches:app:Target:RetryDelay=50ms",
        ];

        var (exitCode, output) = await ReloaderProcess.RunWithWrapperAsync(withoutKill, null, ["check", .. flags]);
        Assert.True(exitCode == 1, output);
        Assert.Contains("not permitted to send SIGHUP", output, StringComparison.Ordinal);
        Assert.Contains("runs as user 65534", output, StringComparison.Ordinal);
        Assert.Contains("capability KILL", output, StringComparison.Ordinal);

        await using var reloader = await ReloaderProcess.StartWithWrapperAsync(withoutKill, flags);
        await reloader.WaitForPhaseAsync("app", "in_step");
        _volume.ReplaceFiles(("key", "1"));
        await reloader.WaitForPhaseAsync("app", "pending");
        await Eventually.AssertAsync(
            async () => (int)(await reloader.ReadStatusAsync())["watches"]!["app"]!["attempts"]! > 1, () => "the delivery is retried");
        Assert.Contains("not permitted", (string)(await reloader.ReadStatusAsync())["watches"]!["app"]!["last_result"]!, StringComparison.Ordinal);
        Assert.Equal(["ready"], application.Output);
    }

    [RequiresCommandFact("unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "true")]
    public async Task Process_1_is_signaled_if_AllowPid1_is_set()
    {
        // A separate process namespace, with the application as process 1 and the reloader as its child.
        await File.WriteAllTextAsync(_directory["pid"], "1");
        var reloader = $"dotnet {ReloaderProcess.Program} --Management:Port=0 --Listen:Address=localhost"
            + $" --Watches:app:Directory={_volume.Path} --Watches:app:NotifyAtStart=true --Watches:app:Target:Signal=HUP"
            + $" --Watches:app:Target:PidFile={_directory["pid"]} --Watches:app:Target:AllowPid1=true";
        await using var application = ChildProcess.Start(
            "unshare",
            ["--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", $"trap 'echo process $$ reloads' HUP; {reloader} & while :; do sleep 0.05; done"]);

        await application.WaitForLineAsync("process 1 reloads");
    }

    [RequiresCommandFact("unshare", "--user", "--map-root-user", "sh", "-c", "echo 0 > /proc/sys/user/max_inotify_instances")]
    public async Task Polling_detects_changes_and_status_says_so_when_inotify_is_exhausted()
    {
        await using var application = await StubApplication.StartAsync(() => File.ReadAllText(Path.Combine(_volume.Path, "key")));
        await using var reloader = await ReloaderProcess.StartWithWrapperAsync(
            ["unshare", "--user", "--map-root-user", "sh", "-c", "echo 0 > /proc/sys/user/max_inotify_instances; exec \"$@\"", "sh"],
            $"--Watches:app:Directory={_volume.Path}", $"--Watches:app:Target:Url={application.ReloadUrl}",
            "--Watches:app:Debounce=20ms", "--Watches:app:PollInterval=100ms");
        await reloader.WaitForPhaseAsync("app", "in_step");
        Assert.StartsWith("poll only: ", (string)(await reloader.ReadStatusAsync())["watches"]!["app"]!["events"]!, StringComparison.Ordinal);
        Assert.Contains("config_reloader_events_active{watch=\"app\"} 0", await reloader.GetTextAsync("/metrics"), StringComparison.Ordinal);

        _volume.ReplaceFiles(("key", "1"));
        await Eventually.AssertAsync(() => !application.Reloads.IsEmpty, "the reload");
        await reloader.WaitForPhaseAsync("app", "in_step");

        Assert.Equal(["1"], application.Reloads);
        Assert.Contains("config_reloader_changes_total{seen_by=\"poll\",watch=\"app\"} 1", await reloader.GetTextAsync("/metrics"), StringComparison.Ordinal);
    }
}
