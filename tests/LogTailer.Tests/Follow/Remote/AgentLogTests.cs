using System.Text.Json.Nodes;

namespace LogTailer.Tests.Follow.Remote;

/// <summary><c>Tail:Url</c>: following <c>/logs</c> of the real agent over HTTP, through restarts and rolled files.</summary>
public sealed class AgentLogTests : IDisposable
{
    private static readonly string[] Rolling = ["--RequestLog:MaxFileBytes=2048", "--RequestLog:MaxFiles=1000"];

    private readonly TemporaryDirectory _directory = new();
    private readonly int _port = FreePort.FindUnused();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Lines_are_shipped_once_and_in_order_across_rolled_files()
    {
        await using var agent = await AgentProcess.StartAsync(LogFile, _port, Rolling);
        await agent.SendInferencesAsync(20, firstId: 0);
        await using var tailer = Start();
        await tailer.WaitForOutputAsync(20);

        await agent.SendInferencesAsync(40, firstId: 20);

        await Prints(tailer, 60);
        Assert.True(Directory.GetFiles(_directory["agent"]).Length > 5);
        Assert.True(await tailer.ReadMetricAsync("log_tailer_rotations_total") > 3);
    }

    [Fact]
    public async Task Following_resumes_when_the_agent_starts_or_restarts()
    {
        await using var tailer = Start();
        await Eventually.AssertAsync(
            () => Problems(tailer).Contains("connection refused", StringComparison.Ordinal), () => Problems(tailer));
        Assert.Equal(200, await tailer.ProbeAsync("/readyz"));

        for (var start = 0; start < 3; start++)
        {
            await using var agent = await AgentProcess.StartAsync(LogFile, _port, Rolling);
            await agent.SendInferencesAsync(20, firstId: start * 20);
            // The other lines are read after the restart.
            await tailer.WaitForOutputAsync((start * 20) + 10);
            await agent.StopAsync();
        }

        await using var last = await AgentProcess.StartAsync(LogFile, _port, Rolling);
        await Prints(tailer, 60);
        await Eventually.AssertAsync(() => Problems(tailer) == "[]", () => Problems(tailer));
    }

    [Fact]
    public async Task Restart_after_SIGTERM_loses_and_repeats_nothing()
    {
        await using var agent = await AgentProcess.StartAsync(LogFile, _port, Rolling);
        var lines = new List<string>();

        for (var run = 0; run < 3; run++)
        {
            await using var tailer = Start();
            await agent.SendInferencesAsync(10, firstId: run * 20);
            await Eventually.AssertAsync(() => lines.Count + tailer.Process.OutputCount >= (run * 20) + 10, tailer.ToString);
            Assert.Equal(0, await tailer.TerminateAsync());
            lines.AddRange(tailer.Lines);
            await agent.SendInferencesAsync(10, firstId: (run * 20) + 10);
        }

        await using var last = Start("--Tail:UntilEnd=true");
        Assert.Equal(0, await last.WaitForExitAsync());
        lines.AddRange(last.Lines);
        Assert.Equal(Expected(60), Ids(lines));
    }

    [Fact]
    public async Task Restart_after_SIGKILL_loses_nothing_and_repeats_nothing_checkpointed()
    {
        await using var agent = await AgentProcess.StartAsync(LogFile, _port, Rolling);
        var lines = new List<string>();

        for (var run = 0; run < 3; run++)
        {
            await using var tailer = Start();
            await agent.SendInferencesAsync(10, firstId: run * 20);
            await Eventually.AssertAsync(() => lines.Count + tailer.Process.OutputCount >= (run * 20) + 10, tailer.ToString);
            await Eventually.AssertAsync(() => IsCheckpointCurrent(tailer), tailer.ToString);
            tailer.Process.SendSignal(UnixSignal.Kill);
            await tailer.WaitForExitAsync();
            lines.AddRange(tailer.Lines);
            await agent.SendInferencesAsync(10, firstId: (run * 20) + 10);
        }

        await using var last = Start("--Tail:UntilEnd=true");
        Assert.Equal(0, await last.WaitForExitAsync());
        lines.AddRange(last.Lines);
        Assert.Equal(Expected(60), Ids(lines));
    }

    [Fact]
    public async Task From_end_skips_existing_lines_at_the_first_start()
    {
        await using var agent = await AgentProcess.StartAsync(LogFile, _port);
        await agent.SendInferencesAsync(5, firstId: 0);
        await Eventually.AssertAsync(() => File.Exists(LogFile) && File.ReadAllLines(LogFile).Length == 5, "five lines are there");
        await using var tailer = Start("--Tail:From=end");
        await Eventually.AssertAsync(() => tailer.Diagnostics.Any(d => d.Contains("Following", StringComparison.Ordinal)), tailer.ToString);

        await agent.SendInferencesAsync(3, firstId: 5);

        await tailer.WaitForOutputAsync(3);
        Assert.Equal(["l-5", "l-6", "l-7"], Ids(tailer.Lines));
    }

    [Fact]
    public async Task Lines_rolled_away_unread_are_reported_as_lost()
    {
        string[] few = ["--RequestLog:MaxFileBytes=2048", "--RequestLog:MaxFiles=2"];
        await using var agent = await AgentProcess.StartAsync(LogFile, _port, few);
        await agent.SendInferencesAsync(2, firstId: 0);
        await using (var tailer = Start())
        {
            await tailer.WaitForOutputAsync(2);
            Assert.Equal(0, await tailer.TerminateAsync());
        }

        await agent.SendInferencesAsync(40, firstId: 2);
        await using var next = Start("--Tail:UntilEnd=true");
        Assert.Equal(0, await next.WaitForExitAsync());

        Assert.Contains(next.Diagnostics, line => line.Contains("no longer has the lines", StringComparison.Ordinal));
        Assert.Equal("l-41", Ids(next.Lines)[^1]);
        Assert.Equal(next.Lines.Count, next.Lines.Distinct().Count());
    }

    [Fact]
    public async Task Check_reports_whether_the_log_is_served()
    {
        Assert.Contains("connection refused", await Check(1), StringComparison.Ordinal);
        await using var agent = await AgentProcess.StartAsync(LogFile, _port);
        Assert.Contains("has not logged a line yet", await Check(0), StringComparison.Ordinal);
        await agent.SendInferencesAsync(1, firstId: 0);
        await Eventually.AssertAsync(() => File.Exists(LogFile) && File.ReadAllLines(LogFile).Length == 1, "the line is there");
        Assert.Contains($"has {new FileInfo(LogFile).Length} bytes", await Check(0), StringComparison.Ordinal);
    }

    /// <summary>Whether all lines that were read are acknowledged and contained in the checkpoint on disk.</summary>
    private bool IsCheckpointCurrent(TailerProcess tailer)
    {
        var files = tailer.GetStatusAsync().Result["log_tailer"]!["sinks"]!["default"]!["newest_files"]!.AsArray();
        var checkpoint = File.Exists(_directory["checkpoint.json"])
            ? JsonNode.Parse(File.ReadAllText(_directory["checkpoint.json"]))!["sinks"]!["default"]!.AsArray().ToDictionary(
                p => (string)p!["path"]!, p => (long)p!["offset"]!)
            : [];

        return files.All(file => (long)file!["read_offset"]! == (long)file["acknowledged_offset"]! && checkpoint.GetValueOrDefault((string)file["path"]!, -1) == (long)file["read_offset"]!);
    }

    private async Task<string> Check(int code)
    {
        await using var check = TailerProcess.Start(
            "", "check", $"--Tail:Url=http://localhost:{_port}", $"--Checkpoint:Path={_directory["checkpoint.json"]}");
        Assert.Equal(code, await check.WaitForExitAsync());
        return string.Join('\n', check.Lines);
    }

    private string LogFile
    {
        get
        {
            Directory.CreateDirectory(_directory["agent"]);
            return _directory["agent/requests.log"];
        }
    }

    private static List<string> Ids(IEnumerable<string> lines) => [.. lines.Select(line => (string)JsonNode.Parse(line)!["request_id"]!)];

    private static IEnumerable<string> Expected(int count) => Enumerable.Range(0, count).Select(i => $"l-{i}");

    private static async Task Prints(TailerProcess tailer, int count)
    {
        await tailer.WaitForOutputAsync(count);
        Assert.Equal(Expected(count), Ids(tailer.Lines));
    }

    private static string Problems(TailerProcess tailer) => tailer.GetStatusAsync().Result["problems"]!.ToJsonString();

    private TailerProcess Start(params string[] arguments) => TailerProcess.Start(
        "", [$"--Tail:Url=http://localhost:{_port}/logs?follow=true", $"--Checkpoint:Path={_directory["checkpoint.json"]}", .. arguments]);
}
