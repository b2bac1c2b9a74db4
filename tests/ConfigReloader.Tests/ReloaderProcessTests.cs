using ConfigReloader.Tests.Support;
using TestKit;

namespace ConfigReloader.Tests;

public sealed class ReloaderProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ConfigMapVolume _volume;

    public ReloaderProcessTests() => _volume = new ConfigMapVolume(_directory["config"], ("key", "0"));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_tells_over_HTTP_and_shows_so_in_status_and_metrics_and_ends_with_0()
    {
        await using var application = await StubApplication.StartAsync(() => File.ReadAllText(Path.Combine(_volume.Path, "key")));
        await using var reloader = await ReloaderProcess.ServeAsync(
            $"--Watches:app:Directory={_volume.Path}", $"--Watches:app:Target:Url={application.ReloadUrl}", "--Watches:app:Debounce=50ms");
        await reloader.PhaseAsync("app", "in_step");
        Assert.Contains("ready", await reloader.GetAsync("/readyz"), StringComparison.Ordinal);

        _volume.Swap(("key", "1"));
        await Eventually.HoldsAsync(() => !application.Reloads.IsEmpty, "the reload");
        await reloader.PhaseAsync("app", "in_step");

        Assert.Equal(["1"], application.Reloads);
        var metrics = await reloader.GetAsync("/metrics");
        Assert.Contains("config_reloader_changes_total{seen_by=\"event\",watch=\"app\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("config_reloader_deliveries_total{outcome=\"delivered\",watch=\"app\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("config_reloader_in_step{watch=\"app\"} 1", metrics, StringComparison.Ordinal);
        Assert.Equal(0, await reloader.TerminateAsync());
    }

    [Fact]
    public async Task It_hangs_up_a_process_that_is_found_by_its_name()
    {
        var name = $"hup{Environment.ProcessId}";
        await using var process = await ShellProcess.StartAsync(ShellProcess.Named(_directory, name), ShellProcess.Trapping("HUP"));
        await using var reloader = await ReloaderProcess.ServeAsync(
            $"--Watches:app:Directory={_volume.Path}", "--Watches:app:Target:Signal=HUP", $"--Watches:app:Target:ProcessName={name}", "--Watches:app:Debounce=50ms");
        await reloader.PhaseAsync("app", "in_step");

        for (var i = 1; i <= 10; i++)
        {
            _volume.Swap(("key", $"{i}"));
            await Eventually.HoldsAsync(() => process.Output.Count == i + 1, $"hangup {i}");
        }

        // Looked at once more after all is delivered: ten changes, ten hangups.
        await reloader.PhaseAsync("app", "in_step");
        Assert.Equal(11, process.Output.Count);
        Assert.Contains("{outcome=\"delivered\",watch=\"app\"} 10", await reloader.GetAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_of_this_project_is_hung_up_and_its_new_generation_seen()
    {
        // The application here is another config reloader: like every process of this project it reloads at SIGHUP.
        static string Configuration(string file) => $$"""{ "Watches": { "self": { "File": "{{file}}", "Target": { "Url": "http://127.0.0.1:9/" } } } }""";

        _volume.Swap(("app.json", Configuration("/etc/hosts")));
        await using var application = await ReloaderProcess.ServeAsync($"--config={Path.Combine(_volume.Path, "app.json")}");
        await File.WriteAllTextAsync(_directory["pid"], $"{application.Id}");
        await using var reloader = await ReloaderProcess.ServeAsync(
            $"--Watches:app:Directory={_volume.Path}",
            "--Watches:app:Target:Signal=HUP",
            "--Watches:app:Target:ProcessName=ConfigReloader",
            $"--Watches:app:Target:PidFile={_directory["pid"]}",
            $"--Watches:app:Target:StatusUrl={application.StatusUrl}",
            "--Watches:app:Target:ConfirmWithin=60s",
            "--Watches:app:Debounce=50ms");
        await reloader.PhaseAsync("app", "in_step");

        _volume.Swap(("app.json", Configuration("/etc/passwd")));
        await Eventually.HoldsAsync(async () => (int)(await application.StatusAsync())["configuration_generation"]! == 2, () => "a new generation");
        await reloader.PhaseAsync("app", "in_step");

        _volume.Swap(("app.json", "{ \"Wotches\": 1 }"));
        await reloader.PhaseAsync("app", "refused");
        Assert.Contains("Wotches", (string)(await reloader.StatusAsync())["watches"]!["app"]!["last_result"]!, StringComparison.Ordinal);

        _volume.Swap(("app.json", Configuration("/etc/group")));
        await reloader.PhaseAsync("app", "in_step");
        Assert.Equal(3, (int)(await application.StatusAsync())["configuration_generation"]!);
    }

    [Fact]
    public async Task A_hangup_that_never_gets_to_the_application_is_noticed_by_its_generation()
    {
        // An entry point that swallows the signal, and behind it a process of this project that would have reloaded.
        await using var entryPoint = await ShellProcess.StartAsync("sh", ShellProcess.Trapping("HUP"));
        await using var application = await ReloaderProcess.ServeAsync("--Watches:self:File=/etc/hosts", "--Watches:self:Target:Url=http://127.0.0.1:9/");
        await File.WriteAllTextAsync(_directory["pid"], $"{entryPoint.Id}");
        await using var reloader = await ReloaderProcess.ServeAsync(
            $"--Watches:app:Directory={_volume.Path}",
            "--Watches:app:Target:Signal=HUP",
            $"--Watches:app:Target:PidFile={_directory["pid"]}",
            $"--Watches:app:Target:StatusUrl={application.StatusUrl}",
            "--Watches:app:Target:ConfirmWithin=500ms",
            "--Watches:app:Debounce=50ms",
            "--Watches:app:PollInterval=50ms");
        await reloader.PhaseAsync("app", "in_step");

        _volume.Swap(("key", "1"));
        await reloader.PhaseAsync("app", "unconfirmed");

        var status = await reloader.StatusAsync();
        Assert.StartsWith($"SIGHUP sent to process {entryPoint.Id}", (string)status["watches"]!["app"]!["last_result"]!, StringComparison.Ordinal);
        Assert.Contains(status["problems"]!.AsArray(), problem => (string?)problem!["area"] == "target app");
        Assert.Contains("ready", await reloader.GetAsync("/readyz"), StringComparison.Ordinal);

        // Once for each change, and not again and again.
        _volume.Swap(("key", "2"));
        await Eventually.HoldsAsync(() => entryPoint.Output.Count == 3, "the second hangup");
        await reloader.PhaseAsync("app", "unconfirmed");
        Assert.Equal(["ready", "reload", "reload"], entryPoint.Output);
        Assert.Equal(1, (int)(await application.StatusAsync())["configuration_generation"]!);
    }

    [Fact]
    public async Task A_reload_of_its_own_configuration_adds_a_watch_and_leaves_the_others_alone()
    {
        await using var application = await StubApplication.StartAsync(() => File.ReadAllText(Path.Combine(_volume.Path, "key")));
        string Watch(string name) => $$""" "{{name}}": { "Directory": "{{_volume.Path}}", "Debounce": "50ms", "Target": { "Url": "{{application.ReloadUrl}}" } } """;
        var file = _directory["reloader.json"];
        await File.WriteAllTextAsync(file, $$"""{ "Watches": { {{Watch("one")}} } }""");
        await using var reloader = await ReloaderProcess.ServeAsync($"--config={file}");
        await reloader.PhaseAsync("one", "in_step");

        await File.WriteAllTextAsync(file, $$"""{ "Watches": { {{Watch("one")}}, {{Watch("two")}} } }""");
        using var answer = await reloader.ReloadAsync();
        Assert.True(answer.IsSuccessStatusCode);
        await reloader.PhaseAsync("two", "in_step");
        Assert.Empty(application.Reloads);

        _volume.Swap(("key", "1"));
        await Eventually.HoldsAsync(() => application.Reloads.Count == 2, "both watches tell it");
        await reloader.PhaseAsync("one", "in_step");
        await reloader.PhaseAsync("two", "in_step");
        Assert.Equal(["1", "1"], application.Reloads);
    }

    [Fact]
    public async Task A_watch_that_a_reload_changes_while_its_target_hangs_leaves_the_process_ready()
    {
        var hangs = new TaskCompletionSource();
        await using var application = await StubApplication.StartAsync();
        application.Answer = (_, _) => hangs.Task;
        string Configuration(string debounce) =>
            $$"""{ "Watches": { "one": { "Directory": "{{_volume.Path}}", "Debounce": "{{debounce}}", "Target": { "Url": "{{application.ReloadUrl}}" } } } }""";
        var file = _directory["reloader.json"];
        await File.WriteAllTextAsync(file, Configuration("50ms"));
        await using var reloader = await ReloaderProcess.ServeAsync($"--config={file}");
        await reloader.PhaseAsync("one", "in_step");
        _volume.Swap(("key", "1"));
        await Eventually.HoldsAsync(() => application.Reloads.Count == 1, "the target was told");

        await File.WriteAllTextAsync(file, Configuration("60ms"));
        using var answer = await reloader.ReloadAsync();
        Assert.True(answer.IsSuccessStatusCode);
        await reloader.PhaseAsync("one", "starting");

        Assert.Contains("ready", await reloader.GetAsync("/readyz"), StringComparison.Ordinal);
        hangs.SetResult();
        await reloader.PhaseAsync("one", "in_step");
    }

    [Fact]
    public async Task As_an_init_container_it_renders_once_and_exits_0()
    {
        _volume.Swap(("app.yaml", "pod: $(POD_NAME)\n"), ("other", "$$(POD_NAME)"));

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
    public async Task As_an_init_container_it_exits_1_and_names_every_unknown_variable_with_its_line()
    {
        _volume.Swap(("app.yaml", "one\n$(NO_SUCH_A)\n$(NO_SUCH_B)\n"));

        var (exitCode, output) = await ReloaderProcess.RunAsync(
            null, "--Once=true", $"--Watches:app:File={Path.Combine(_volume.Path, "app.yaml")}", $"--Watches:app:Render:To={_directory["out.yaml"]}");

        Assert.Equal(1, exitCode);
        Assert.Contains("app.yaml:2: $(NO_SUCH_A)", output, StringComparison.Ordinal);
        Assert.Contains("app.yaml:3: $(NO_SUCH_B)", output, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory["out.yaml"]));
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_told_at_once_with_exit_code_2()
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
    public async Task Without_a_watch_it_says_how_to_have_one()
    {
        var (exitCode, output) = await ReloaderProcess.RunAsync(null);

        Assert.Equal(2, exitCode);
        Assert.Contains("Watches:agent:Directory", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_check_looks_at_source_rendering_and_target_and_tells_nobody()
    {
        await using var application = await StubApplication.StartAsync();
        string[] flags =
        [
            $"--Watches:app:Directory={_volume.Path}", $"--Watches:app:Target:Url={application.ReloadUrl}", $"--Watches:app:Render:To={_directory["out"]}",
        ];

        var (good, output) = await ReloaderProcess.RunAsync(null, ["check", .. flags]);
        Assert.True(good == 0, output);

        var (bad, complaints) = await ReloaderProcess.RunAsync(
            null, ["check", .. flags, "--Watches:gone:File=/no/such/file", $"--Watches:gone:Target:Signal=HUP", $"--Watches:gone:Target:PidFile={_directory["pid"]}"]);
        Assert.Equal(1, bad);
        Assert.Contains("/no/such/file", complaints, StringComparison.Ordinal);
        Assert.Contains(_directory["pid"], complaints, StringComparison.Ordinal);

        Assert.Empty(application.Reloads);
        Assert.False(Directory.Exists(_directory["out"]));
    }
}
