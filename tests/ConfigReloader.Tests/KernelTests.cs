using ConfigReloader.Tests.Support;
using TestKit;

namespace ConfigReloader.Tests;

/// <summary>What the kernel does not grant: signals to others, watches without number. And process 1, which it treats apart.</summary>
public sealed class KernelTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ConfigMapVolume _volume;

    public KernelTests() => _volume = new ConfigMapVolume(_directory["config"], ("key", "0"));

    public void Dispose() => _directory.Dispose();

    [RunsFact("setpriv", "--bounding-set=-kill", "setpriv", "--reuid=65534", "--clear-groups", "true")]
    public async Task A_process_of_another_user_is_said_with_its_user_and_tried_again()
    {
        // Root without the capability KILL is a user like any other to the rest. (Nor may that user ask whether its parent lives.)
        await using var application = ChildProcess.Start(
            "setpriv", ["--reuid=65534", "--clear-groups", "sh", "-c", "trap 'echo reload' HUP; echo ready; for i in $(seq 3000); do sleep 0.2; done"]);
        await application.SaysAsync("ready");
        await File.WriteAllTextAsync(_directory["pid"], $"{application.Id}");
        string[] withoutKill = ["setpriv", "--bounding-set=-kill"];
        string[] flags =
        [
            $"--Watches:app:Directory={_volume.Path}", "--Watches:app:Target:Signal=HUP", $"--Watches:app:Target:PidFile={_directory["pid"]}",
            "--Watches:app:Debounce=20ms", "--Watches:app:Target:RetryDelay=50ms",
        ];

        var (exitCode, output) = await ReloaderProcess.RunByAsync(withoutKill, null, ["check", .. flags]);
        Assert.True(exitCode == 1, output);
        Assert.Contains("not permitted to send SIGHUP", output, StringComparison.Ordinal);
        Assert.Contains("runs as user 65534", output, StringComparison.Ordinal);
        Assert.Contains("capability KILL", output, StringComparison.Ordinal);

        await using var reloader = await ReloaderProcess.ServeByAsync(withoutKill, flags);
        await reloader.PhaseAsync("app", "in_step");
        _volume.Swap(("key", "1"));
        await reloader.PhaseAsync("app", "pending");
        await Eventually.HoldsAsync(
            async () => (int)(await reloader.StatusAsync())["watches"]!["app"]!["attempts"]! > 1, () => "it is tried again");
        Assert.Contains("not permitted", (string)(await reloader.StatusAsync())["watches"]!["app"]!["last_result"]!, StringComparison.Ordinal);
        Assert.Equal(["ready"], application.Output);
    }

    [RunsFact("unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "true")]
    public async Task Process_1_is_signalled_when_asked()
    {
        // A process namespace of its own, with the application as process 1 and the reloader beside it.
        await File.WriteAllTextAsync(_directory["pid"], "1");
        var reloader = $"dotnet {ReloaderProcess.Program} --Management:Port=0 --Listen:Address=localhost"
            + $" --Watches:app:Directory={_volume.Path} --Watches:app:NotifyAtStart=true --Watches:app:Target:Signal=HUP"
            + $" --Watches:app:Target:PidFile={_directory["pid"]} --Watches:app:Target:AllowPid1=true";
        await using var application = ChildProcess.Start(
            "unshare",
            ["--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", $"trap 'echo process $$ reloads' HUP; {reloader} & while :; do sleep 0.05; done"]);

        await application.SaysAsync("process 1 reloads");
    }

    [RunsFact("unshare", "--user", "--map-root-user", "sh", "-c", "echo 0 > /proc/sys/user/max_inotify_instances")]
    public async Task With_the_kernels_watches_spent_the_poll_finds_the_change_and_the_status_says_so()
    {
        await using var application = await StubApplication.StartAsync(() => File.ReadAllText(Path.Combine(_volume.Path, "key")));
        await using var reloader = await ReloaderProcess.ServeByAsync(
            ["unshare", "--user", "--map-root-user", "sh", "-c", "echo 0 > /proc/sys/user/max_inotify_instances; exec \"$@\"", "sh"],
            $"--Watches:app:Directory={_volume.Path}", $"--Watches:app:Target:Url={application.ReloadUrl}",
            "--Watches:app:Debounce=20ms", "--Watches:app:PollInterval=100ms");
        await reloader.PhaseAsync("app", "in_step");
        Assert.StartsWith("poll only: ", (string)(await reloader.StatusAsync())["watches"]!["app"]!["events"]!, StringComparison.Ordinal);
        Assert.Contains("config_reloader_events_active{watch=\"app\"} 0", await reloader.GetAsync("/metrics"), StringComparison.Ordinal);

        _volume.Swap(("key", "1"));
        await Eventually.HoldsAsync(() => !application.Reloads.IsEmpty, "the reload");
        await reloader.PhaseAsync("app", "in_step");

        Assert.Equal(["1"], application.Reloads);
        Assert.Contains("config_reloader_changes_total{seen_by=\"poll\",watch=\"app\"} 1", await reloader.GetAsync("/metrics"), StringComparison.Ordinal);
    }
}
