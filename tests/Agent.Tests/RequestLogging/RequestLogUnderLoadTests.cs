using System.Globalization;
using System.Net;
using System.Text.Json;
using Agent.Tests.Support;

namespace Agent.Tests.RequestLogging;

/// <summary>Every failure of the request log's file, one after the other, under load.</summary>
public sealed class RequestLogUnderLoadTests : IDisposable
{
    private const string Dropped = "agent_request_log_dropped_total";
    private const string Written = "agent_request_log_lines_total";

    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _done = new();
    private long _sent;

    public void Dispose()
    {
        _done.Dispose();
        _directory.Dispose();
    }

    [SmallDiskFact]
    public async Task Every_file_failure_under_load_is_counted_and_writing_resumes()
    {
        using var disk = SmallDisk.Mount(_directory["disk"], "1m");
        var logs = Path.Combine(disk.Path, "logs");
        var logFile = Path.Combine(logs, "requests.log");
        await using var agent = await RunningAgent.StartAsync(
            $"--LOG_FILE={logFile}", "--RequestLog:MaxFileBytes=64Ki", "--RequestLog:MaxFiles=3");
        var load = Enumerable.Range(0, 8).Select(_ => SendLoadAsync(agent, "what a lovely day")).ToList();
        await AssertRisesAsync(agent, Written, load, "lines are written");

        var ballast = Path.Combine(disk.Path, "ballast");
        disk.Fill(ballast);
        await AssertRisesAsync(agent, Dropped, load, "lines are dropped on the full disk");
        File.Delete(ballast);
        await AssertRisesAsync(agent, Written, load, "lines are written after space was freed");

        File.Delete(logFile);
        await Eventually.AssertAsync(() => File.Exists(logFile), "the deleted file is created again");
        await AssertRisesAsync(agent, Written, load, "lines are written again");

        // The agent may create files during the deletion.
        await Eventually.AssertAsync(() => TryDelete(logs), "the directory is deleted");
        await Eventually.AssertAsync(() => File.Exists(logFile), "the deleted directory and file are created again");
        await AssertRisesAsync(agent, Written, load, "lines are written again");

        Directory.Move(logs, logs + ".away");
        await ReplaceByFileAsync(logs);
        await AssertRisesAsync(agent, Dropped, load, "lines are dropped while a file is in the place of the directory");
        File.Delete(logs);
        await AssertRisesAsync(agent, Written, load, "lines are written after that file was removed");

        await _done.CancelAsync();
        await Task.WhenAll(load);
        await Eventually.AssertAsync(
            async () => await agent.ReadMetricAsync(Written) + await agent.ReadMetricAsync(Dropped) == _sent,
            "written and dropped lines add up to the sent requests");
        Assert.Equal(_sent, await agent.ReadMetricAsync("inference_requests_total{status=\"success\"}"));
        Assert.Equal(0, await agent.StopAsync());

        // Throws if a line is incomplete.
        Assert.All(Directory.GetFiles(logs), file => RunningAgent.ReadLines(file));
    }

    /// <summary><c>AGENT_ROLL_BYTES=1073741824</c> writes a gigabyte.</summary>
    [Fact]
    public async Task Files_rolled_under_load_are_bounded_complete_and_counted()
    {
        var total = long.Parse(Environment.GetEnvironmentVariable("AGENT_ROLL_BYTES") ?? $"{16 << 20}", CultureInfo.InvariantCulture);
        var maxFileBytes = total / 16;
        var logFile = _directory["logs/requests.log"];
        await using var agent = await RunningAgent.StartAsync(
            $"--LOG_FILE={logFile}", $"--RequestLog:MaxFileBytes={maxFileBytes}", "--RequestLog:MaxFiles=3",
            "--RequestLog:IncludeText=true");
        var text = new string('a', 10_000);
        var load = Enumerable.Range(0, 8).Select(_ => SendLoadAsync(agent, text)).ToList();

        var lines = total / text.Length;
        double written = 0;
        await Eventually.AssertAsync(
            async () => (written = await agent.ReadMetricAsync(Written)) >= lines || load.Exists(task => task.IsFaulted),
            () => $"{written} of {lines} lines",
            TimeSpan.FromMinutes(5));

        await _done.CancelAsync();
        await Task.WhenAll(load);
        await Eventually.AssertAsync(
            async () => await agent.ReadMetricAsync(Written) + await agent.ReadMetricAsync(Dropped) == _sent,
            "written and dropped lines add up to the sent requests");
        Assert.Equal(0, await agent.StopAsync());

        var files = Directory.GetFiles(_directory["logs"]);
        Assert.Equal(3, files.Length);
        Assert.All(files, file => Assert.InRange(new FileInfo(file).Length, 1, maxFileBytes + (text.Length * 2)));
        foreach (var line in files.SelectMany(File.ReadLines))
        {
            using var json = JsonDocument.Parse(line);
            Assert.Equal(text.Length, json.RootElement.GetProperty("text").GetString()!.Length);
        }
    }

    private static bool TryDelete(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Repeats, because the agent creates the missing directory with its next line.</summary>
    private static Task ReplaceByFileAsync(string directory) => Eventually.AssertAsync(
        () =>
        {
            try
            {
                if (Directory.Exists(directory))
                {
                    Directory.Delete(directory, recursive: true);
                }

                File.WriteAllText(directory, "not a directory");
                return true;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        },
        "a file is in the place of the directory");

    private static async Task AssertRisesAsync(RunningAgent agent, string metric, List<Task> load, string what)
    {
        var before = await agent.ReadMetricAsync(metric);
        await Eventually.AssertAsync(async () => load.Exists(task => task.IsFaulted) || await agent.ReadMetricAsync(metric) > before, what);
    }

    private async Task SendLoadAsync(RunningAgent agent, string text)
    {
        while (!_done.IsCancellationRequested)
        {
            Interlocked.Increment(ref _sent);
            using var response = await agent.InferAsync(text);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }
}
