using ConfigReloader.Tests.Support;

namespace ConfigReloader.Tests;

public sealed class ReloaderProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MountedVolume _volume;

    public ReloaderProcessTests() => _volume = Volumes.CreateVolume(_directory["config"], ("key", "0"));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Change_is_posted_and_shown_in_status_and_metrics_and_SIGTERM_exits_with_0()
    {
        await using var application = await StubApplication.StartAsync(() => File.ReadAllText(Path.Combine(_volume.Path, "key")));
        await using var reloader = await ReloaderProcess.StartAsync(
            $"--Watches:app:Directory={_volume.Path}", $"--Watches:app:Target:Url={application.ReloadUrl}", "--Watches:app:Debounce=50ms");
        await reloader.WaitForPhaseAsync("app", "in_step");
        Assert.Contains("ready", await reloader.GetTextAsync("/readyz"), StringComparison.Ordinal);

        _volume.ReplaceFiles(("key", "1"));
        await Eventually.AssertAsync(() => !application.Reloads.IsEmpty, "the reload");
        await reloader.WaitForPhaseAsync("app", "in_step");

        Assert.Equal(["1"], application.Reloads);
        var metrics = await reloader.GetTextAsync("/metrics");
        Assert.Contains("config_reloader_changes_total{seen_by=\"event\",watch=\"app\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("config_reloader_deliveries_total{outcome=\"delivered\",watch=\"app\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("config_reloader_in_step{watch=\"app\"} 1", metrics, StringComparison.Ordinal);
        Assert.Equal(0, await reloader.TerminateAsync());
    }

    [Fact]
    public async Task Each_change_sends_one_SIGHUP_to_the_process_with_the_configured_name()
    {
        var name = $"hup{Environment.ProcessId}";
        await using var process = await ShellProcess.StartAsync(ShellProcess.Named(_directory, name), ShellProcess.Trapping("HUP"));
        await using var reloader = await ReloaderProcess.StartAsync(
            $"--Watches:app:Directory={_volume.Path}", "--Watches:app:Target:Signal=HUP", $"--Watches:app:Target:ProcessName={name}", "--Watches:app:Debounce=50ms");
        await reloader.WaitForPhaseAsync("app", "in_step");

        for (var i = 1; i <= 10; i++)
        {
            _volume.ReplaceFiles(("key", $"{i}"));
            await Eventually.AssertAsync(() => process.Output.Count == i + 1, $"SIGHUP {i}");
        }

        // After the last delivery there are still ten signals for ten changes.
        await reloader.WaitForPhaseAsync("app", "in_step");
        Assert.Equal(11, process.Output.Count);
        Assert.Contains("{outcome=\"delivered\",watch=\"app\"} 10", await reloader.GetTextAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_generation_of_a_process_confirms_its_reload_by_SIGHUP()
    {
        // The application is another config reloader: like every process of this project it reloads on SIGHUP.
        static string Configuration(string file) => $$"""{ "Watches": { "self": { "File": "{{file}}", "Target": { "Url": "http://127.0.0.1:9/" } } } }""";

        _volume.ReplaceFiles(("app.json", Configuration("/etc/hosts")));
        await using var application = await ReloaderProcess.StartAsync($"--config={Path.Combine(_volume.Path, "app.json")}");
        await File.WriteAllTextAsync(_directory["pid"], $"{application.Id}");
        await using var reloader = await ReloaderProcess.StartAsync(
            $"--Watches:app:Directory={_volume.Path}",
            "--Watches:app:Target:Signal=HUP",
            "--Watches:app:Target:ProcessName=ConfigReloader",
            $"--Watches:app:Target:PidFile={_directory["pid"]}",
            $"--Watches:app:Target:StatusUrl={application.StatusUrl}",
            "--Watches:app:Target:ConfirmWithin=60s",
            "--Watches:app:Debounce=50ms");
        await reloader.WaitForPhaseAsync("app", "in_step");

        _volume.ReplaceFiles(("app.json", Configuration("/etc/passwd")));
        await Eventually.AssertAsync(async () => (int)(await application.ReadStatusAsync())["configuration_generation"]! == 2, () => "a new generation");
        await reloader.WaitForPhaseAsync("app", "in_step");

        _volume.ReplaceFiles(("app.json", "{ \"Wotches\": 1 }"));
        await reloader.WaitForPhaseAsync("app", "rejected");
        Assert.Contains("Wotches", (string)(await reloader.ReadStatusAsync())["watches"]!["app"]!["last_result"]!, StringComparison.Ordinal);

        _volume.ReplaceFiles(("app.json", Configuration("/etc/group")));
        await reloader.WaitForPhaseAsync("app", "in_step");
        Assert.Equal(3, (int)(await application.ReadStatusAsync())["configuration_generation"]!);
    }

    [Fact]
    public async Task Signal_that_never_reaches_the_application_is_detected_by_its_generation()
    {
        // An entry point that consumes the signal, and a process of this project that would have reloaded.
        await using var entryPoint = await ShellProcess.StartAsync("sh", ShellProcess.Trapping("HUP"));
        await using var application = await ReloaderProcess.StartAsync("--Watches:self:File=/etc/hosts", "--Watches:self:Target:Url=http://127.0.0.1:9/");
        await File.WriteAllTextAsync(_directory["pid"], $"{entryPoint.Id}");
        await using var reloader = await ReloaderProcess.StartAsync(
            $"--Watches:app:Directory={_volume.Path}",
            "--Watches:app:Target:Signal=HUP",
            $"--Watches:app:Target:PidFile={_directory["pid"]}",
            $"--Watches:app:Target:StatusUrl={application.StatusUrl}",
            "--Watches:app:Target:ConfirmWithin=500ms",
            "--Watches:app:Debounce=50ms",
            "--Watches:app:PollInterval=50ms");
        await reloader.WaitForPhaseAsync("app", "in_step");

        _volume.ReplaceFiles(("key", "1"));
        await reloader.WaitForPhaseAsync("app", "unconfirmed");

        var status = await reloader.ReadStatusAsync();
        Assert.StartsWith($"SIGHUP sent to process {entryPoint.Id}", (string)status["watches"]!["app"]!["last_result"]!, StringComparison.Ordinal);
        Assert.Contains(status["problems"]!.AsArray(), problem => (string?)problem!["area"] == "target app");
        Assert.Contains("ready", await reloader.GetTextAsync("/readyz"), StringComparison.Ordinal);

        // One signal per change, without repetition.
        _volume.ReplaceFiles(("key", "2"));
        await Eventually.AssertAsync(() => entryPoint.Output.Count == 3, "the second SIGHUP");
        await reloader.WaitForPhaseAsync("app", "unconfirmed");
        Assert.Equal(["ready", "reload", "reload"], entryPoint.Output);
        Assert.Equal(1, (int)(await application.ReadStatusAsync())["configuration_generation"]!);
    }

    [Fact]
    public async Task Reload_of_its_own_configuration_adds_a_watch_and_keeps_the_others_running()
    {
        await using var application = await StubApplication.StartAsync(() => File.ReadAllText(Path.Combine(_volume.Path, "key")));
        string Watch(string name) => $$""" "{{name}}": { "Directory": "{{_volume.Path}}", "Debounce": "50ms", "Target": { "Url": "{{application.ReloadUrl}}" } } """;
        var file = _directory["reloader.json"];
        await File.WriteAllTextAsync(file, $$"""{ "Watches": { {{Watch("one")}} } }""");
        await using var reloader = await ReloaderProcess.StartAsync($"--config={file}");
        await reloader.WaitForPhaseAsync("one", "in_step");

        await File.WriteAllTextAsync(file, $$"""{ "Watches": { {{Watch("one")}}, {{Watch("two")}} } }""");
        using var response = await reloader.ReloadAsync();
        Assert.True(response.IsSuccessStatusCode);
        await reloader.WaitForPhaseAsync("two", "in_step");
        Assert.Empty(application.Reloads);

        _volume.ReplaceFiles(("key", "1"));
        await Eventually.AssertAsync(() => application.Reloads.Count == 2, "both watches deliver");
        await reloader.WaitForPhaseAsync("one", "in_step");
        await reloader.WaitForPhaseAsync("two", "in_step");
        Assert.Equal(["1", "1"], application.Reloads);
    }

    [Fact]
    public async Task Process_stays_ready_when_a_reload_replaces_a_watch_with_a_hanging_target()
    {
        var hangs = new TaskCompletionSource();
        await using var application = await StubApplication.StartAsync();
        application.Respond = (_, _) => hangs.Task;
        string Configuration(string debounce) =>
            $$"""{ "Watches": { "one": { "Directory": "{{_volume.Path}}", "Debounce": "{{debounce}}", "Target": { "Url": "{{application.ReloadUrl}}" } } } }""";
        var file = _directory["reloader.json"];
        await File.WriteAllTextAsync(file, Configuration("50ms"));
        await using var reloader = await ReloaderProcess.StartAsync($"--config={file}");
        await reloader.WaitForPhaseAsync("one", "in_step");
        _volume.ReplaceFiles(("key", "1"));
        await Eventually.AssertAsync(() => application.Reloads.Count == 1, "the target was notified");

        await File.WriteAllTextAsync(file, Configuration("60ms"));
        using var response = await reloader.ReloadAsync();
        Assert.True(response.IsSuccessStatusCode);
        await reloader.WaitForPhaseAsync("one", "starting");

        Assert.Contains("ready", await reloader.GetTextAsync("/readyz"), StringComparison.Ordinal);
        hangs.SetResult();
        await reloader.WaitForPhaseAsync("one", "in_step");
    }

    [Fact]
    public async Task Init_container_renders_everything_once_and_exits_with_0()
    {
        _volume.ReplaceFiles(("app.yaml", "pod: $(POD_NAME)\n"), ("other", "$$(POD_NAME)"));

        var (exitCode, output) = await ReloaderProcess.RunAsync(
            new Dictionary<string, string?> { ["POD_NAME"] = "agent-0" },
            "--Once=true",
            $"--Watches:app:Directory={_volume.Path}",
            $"--Watches:app:Render:To={_directory["out"]}");

        Assert.True(exitCode == 0, output);
        Assert.Equal("pod: agent-0\n", File.ReadAllText(_directory["out/app.yaml"]));
        Assert.Equal("$(POD_NAME)", File.ReadAllText(_directory["out/other"]));
    }

    [Fact]
    public async Task Init_container_names_every_unknown_variable_with_its_line_and_exits_with_1()
    {
        _volume.ReplaceFiles(("app.yaml", "one\n$(NO_SUCH_A)\n$(NO_SUCH_B)\n"));

        var (exitCode, output) = await ReloaderProcess.RunAsync(
            null, "--Once=true", $"--Watches:app:File={Path.Combine(_volume.Path, "app.yaml")}", $"--Watches:app:Render:To={_directory["out.yaml"]}");

        Assert.Equal(1, exitCode);
        Assert.Contains("app.yaml:2: $(NO_SUCH_A)", output, StringComparison.Ordinal);
        Assert.Contains("app.yaml:3: $(NO_SUCH_B)", output, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory["out.yaml"]));
    }

    [Fact]
    public async Task All_configuration_errors_are_reported_together_with_exit_code_2()
    {
        var (exitCode, output) = await ReloaderProcess.RunAsync(
            null,
            "--Watches:a:Directory=/etc",
            "--Watches:a:File=/etc/hosts",
            "--Watches:a:Target:Signal=NOPE",
            "--Watches:b:Directory=/etc",
            "--Watches:b:Target:Signal=HUP",
            "--Watches:b:Target:Url=http://localhost/",
            "--Watches:c:Directory=/etc",
            "--Watches:d:Directory=/etc",
            "--Watches:d:Render:To=/etc/rendered");

        Assert.Equal(2, exitCode);
        foreach (var key in new[] { "Watches:a:Directory", "Watches:a:Target:Signal", "Watches:a:Target:ProcessName", "Watches:b:Target:Signal", "Watches:b:Target:ProcessName", "Watches:c:Target:Url", "Watches:d:Render:To" })
        {
            Assert.Contains(key, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Missing_watch_is_an_error_that_shows_how_to_configure_one()
    {
        var (exitCode, output) = await ReloaderProcess.RunAsync(null);

        Assert.Equal(2, exitCode);
        Assert.Contains("Watches:agent:Directory", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_verb_tests_source_rendering_and_target_without_notifying_it()
    {
        await using var application = await StubApplication.StartAsync();
        string[] flags =
        [
            $"--Watches:app:Directory={_volume.Path}", $"--Watches:app:Target:Url={application.ReloadUrl}", $"--Watches:app:Render:To={_directory["out"]}",
        ];

        var (exitCode, output) = await ReloaderProcess.RunAsync(null, ["check", .. flags]);
        Assert.True(exitCode == 0, output);

        var (failedExitCode, findings) = await ReloaderProcess.RunAsync(
            null, ["check", .. flags, "--Watches:gone:File=/no/such/file", $"--Watches:gone:Target:Signal=HUP", $"--Watches:gone:Target:PidFile={_directory["pid"]}"]);
        Assert.Equal(1, failedExitCode);
        Assert.Contains("/no/such/file", findings, StringComparison.Ordinal);
        Assert.Contains(_directory["pid"], findings, StringComparison.Ordinal);

        Assert.Empty(application.Reloads);
        Assert.False(Directory.Exists(_directory["out"]));
    }
}
