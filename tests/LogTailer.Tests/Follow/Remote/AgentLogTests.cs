using System.Text.Json.Nodes;
using FreePort = TestKit.FreePort;

namespace LogTailer.Tests.Follow.Remote;

/// <summary><c>Tail:Url</c>: the real agent's <c>/logs</c> followed over HTTP, through everything that is restarted and rolled meanwhile.</summary>
public sealed class AgentLogTests : IDisposable
{
    private const int SigKill = 9;

    private static readonly string[] Rolling = ["--RequestLog:MaxFileBytes=2048", "--RequestLog:MaxFiles=1000"];

    private readonly TemporaryDirectory _directory = new();
    private readonly int _port = FreePort.Take();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_line_comes_once_and_in_order_across_the_rolling()
    {
        await using var agent = await AgentProcess.StartAsync(LogFile, _port, Rolling);
        await agent.LogsAsync(0, 20);
        await using var tailer = Start();
        await tailer.Prints(20);

        await agent.LogsAsync(20, 40);

        await Prints(tailer, 60);
        Assert.True(Directory.GetFiles(_directory["agent"]).Length > 5);
        Assert.True(await tailer.Metric("log_tailer_rotations_total") > 3);
    }

    [Fact]
    public async Task An_agent_that_is_not_there_yet_or_is_restarted_is_waited_for()
    {
        await using var tailer = Start();
        await Eventually.HoldsAsync(() => Problems(tailer).Contains("connection refused", StringComparison.Ordinal), () => Problems(tailer));
        Assert.Equal(200, await tailer.Probe("/readyz"));

        for (var start = 0; start < 3; start++)
        {
            await using var agent = await AgentProcess.StartAsync(LogFile, _port, Rolling);
            await agent.LogsAsync(start * 20, 20);
            // Some of them are read only after the restart.
            await tailer.Prints((start * 20) + 10);
            await agent.StopAsync();
        }

        await using var last = await AgentProcess.StartAsync(LogFile, _port, Rolling);
        await Prints(tailer, 60);
        await Eventually.HoldsAsync(() => Problems(tailer) == "[]", () => Problems(tailer));
    }

    [Fact]
    public async Task After_SIGTERM_nothing_is_lost_and_nothing_doubled()
    {
        await using var agent = await AgentProcess.StartAsync(LogFile, _port, Rolling);
        var lines = new List<string>();

        for (var run = 0; run < 3; run++)
        {
            await using var tailer = Start();
            await agent.LogsAsync(run * 20, 10);
            await Eventually.HoldsAsync(() => lines.Count + tailer.LineCount >= (run * 20) + 10, tailer.ToString);
            Assert.Equal(0, await tailer.TerminateAsync());
            lines.AddRange(tailer.Lines);
            await agent.LogsAsync((run * 20) + 10, 10);
        }

        await using var last = Start("--Tail:UntilEnd=true");
        Assert.Equal(0, await last.ExitAsync());
        lines.AddRange(last.Lines);
        Assert.Equal(Expected(60), Ids(lines));
    }

    [Fact]
    public async Task After_SIGKILL_nothing_is_lost_and_what_was_checkpointed_is_not_doubled()
    {
        await using var agent = await AgentProcess.StartAsync(LogFile, _port, Rolling);
        var lines = new List<string>();

        for (var run = 0; run < 3; run++)
        {
            await using var tailer = Start();
            await agent.LogsAsync(run * 20, 10);
            await Eventually.HoldsAsync(() => lines.Count + tailer.LineCount >= (run * 20) + 10, tailer.ToString);
            await Eventually.HoldsAsync(() => IsWrittenDown(tailer), tailer.ToString);
            tailer.Signal(SigKill);
            await tailer.ExitAsync();
            lines.AddRange(tailer.Lines);
            await agent.LogsAsync((run * 20) + 10, 10);
        }

        await using var last = Start("--Tail:UntilEnd=true");
        Assert.Equal(0, await last.ExitAsync());
        lines.AddRange(last.Lines);
        Assert.Equal(Expected(60), Ids(lines));
    }

    [Fact]
    public async Task From_end_skips_what_stands_there_at_the_first_start()
    {
        await using var agent = await AgentProcess.StartAsync(LogFile, _port);
        await agent.LogsAsync(0, 5);
        await Eventually.HoldsAsync(() => File.Exists(LogFile) && File.ReadAllLines(LogFile).Length == 5, "five lines are there");
        await using var tailer = Start("--Tail:From=end");
        await Eventually.HoldsAsync(() => tailer.Diagnostics.Any(d => d.Contains("Following", StringComparison.Ordinal)), tailer.ToString);

        await agent.LogsAsync(5, 3);

        await tailer.Prints(3);
        Assert.Equal(["l-5", "l-6", "l-7"], Ids(tailer.Lines));
    }

    [Fact]
    public async Task Lines_that_were_rolled_away_unread_are_told_of()
    {
        string[] few = ["--RequestLog:MaxFileBytes=2048", "--RequestLog:MaxFiles=2"];
        await using var agent = await AgentProcess.StartAsync(LogFile, _port, few);
        await agent.LogsAsync(0, 2);
        await using (var tailer = Start())
        {
            await tailer.Prints(2);
            Assert.Equal(0, await tailer.TerminateAsync());
        }

        await agent.LogsAsync(2, 40);
        await using var next = Start("--Tail:UntilEnd=true");
        Assert.Equal(0, await next.ExitAsync());

        Assert.Contains(next.Diagnostics, line => line.Contains("is not kept any more", StringComparison.Ordinal));
        Assert.Equal("l-41", Ids(next.Lines)[^1]);
        Assert.Equal(next.Lines.Count, next.Lines.Distinct().Count());
    }

    [Fact]
    public async Task Check_says_whether_the_log_is_served()
    {
        Assert.Contains("connection refused", await Check(1), StringComparison.Ordinal);
        await using var agent = await AgentProcess.StartAsync(LogFile, _port);
        Assert.Contains("not logged a line yet", await Check(0), StringComparison.Ordinal);
        await agent.LogsAsync(0, 1);
        await Eventually.HoldsAsync(() => File.Exists(LogFile) && File.ReadAllLines(LogFile).Length == 1, "the line is there");
        Assert.Contains($"has {new FileInfo(LogFile).Length} bytes", await Check(0), StringComparison.Ordinal);
    }

    /// <summary>Whether all that was read is acknowledged, and the checkpoint on disk says so.</summary>
    private bool IsWrittenDown(TailerProcess tailer)
    {
        var files = tailer.Status().Result["log_tailer"]!["sinks"]!["default"]!["newest_files"]!.AsArray();
        var checkpoint = File.Exists(_directory["checkpoint.json"])
            ? JsonNode.Parse(File.ReadAllText(_directory["checkpoint.json"]))!["sinks"]!["default"]!.AsArray().ToDictionary(p => (string)p!["path"]!, p => (long)p!["offset"]!)
            : [];

        return files.All(file => (long)file!["read"]! == (long)file["acknowledged"]! && checkpoint.GetValueOrDefault((string)file["path"]!, -1) == (long)file["read"]!);
    }

    private async Task<string> Check(int code)
    {
        await using var check = TailerProcess.Start("", "check", $"--Tail:Url=http://localhost:{_port}", $"--Checkpoint:Path={_directory["checkpoint.json"]}");
        Assert.Equal(code, await check.ExitAsync());
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
        await tailer.Prints(count);
        Assert.Equal(Expected(count), Ids(tailer.Lines));
    }

    private static string Problems(TailerProcess tailer) => tailer.Status().Result["problems"]!.ToJsonString();

    private TailerProcess Start(params string[] arguments) => TailerProcess.Start(
        "", [$"--Tail:Url=http://localhost:{_port}/logs?follow=true", $"--Checkpoint:Path={_directory["checkpoint.json"]}", .. arguments]);
}
