using System.Globalization;
using System.Net;
using System.Text.Json;
using Agent.Tests.Support;

namespace Agent.Tests.RequestLogging;

/// <summary>Everything that can happen to the request log's file, one after the other, while requests keep coming.</summary>
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
    public async Task Requests_are_unharmed_and_losses_counted_whatever_happens_to_the_file_and_writing_goes_on_by_itself()
    {
        using var disk = SmallDisk.Mount(_directory.File("disk"), "1m");
        var logs = Path.Combine(disk.Path, "logs");
        var logFile = Path.Combine(logs, "requests.log");
        await using var agent = await RunningAgent.StartAsync(
            $"--LOG_FILE={logFile}", "--RequestLog:MaxFileBytes=64Ki", "--RequestLog:MaxFiles=3");
        var load = Enumerable.Range(0, 8).Select(_ => LoadAsync(agent, "what a lovely day")).ToList();
        await RisesAsync(agent, Written, load, "lines are written");

        var ballast = Path.Combine(disk.Path, "ballast");
        disk.Fill(ballast);
        await RisesAsync(agent, Dropped, load, "on the full disk lines are lost");
        File.Delete(ballast);
        await RisesAsync(agent, Written, load, "with space they are written again");

        File.Delete(logFile);
        await Eventually.IsTrueAsync(() => File.Exists(logFile), "the deleted file is made again");
        await RisesAsync(agent, Written, load, "and written");

        // Rolled files may come while it is deleted.
        await Eventually.IsTrueAsync(() => TryDelete(logs), "the directory is gone");
        await Eventually.IsTrueAsync(() => File.Exists(logFile), "the deleted directory is made again, with the file");
        await RisesAsync(agent, Written, load, "and written");

        Directory.Move(logs, logs + ".away");
        await TakePlaceAsync(logs);
        await RisesAsync(agent, Dropped, load, "with a file in the directory's place lines are lost");
        File.Delete(logs);
        await RisesAsync(agent, Written, load, "and then they are written again");

        await _done.CancelAsync();
        await Task.WhenAll(load);
        await Eventually.IsTrueAsync(
            async () => await agent.MetricAsync(Written) + await agent.MetricAsync(Dropped) == _sent, "written and dropped make up what was sent");
        Assert.Equal(_sent, await agent.MetricAsync("inference_requests_total{status=\"success\"}"));
        Assert.Equal(0, await agent.StopAsync());

        // No line is torn: this throws at one that is not JSON.
        Assert.All(Directory.GetFiles(logs), file => RunningAgent.LinesOf(file));
    }

    /// <summary>A gigabyte takes its time; <c>AGENT_ROLL_BYTES=1073741824</c> rolls one.</summary>
    [Fact]
    public async Task What_is_rolled_under_load_is_bounded_whole_and_accounted_for()
    {
        var total = long.Parse(Environment.GetEnvironmentVariable("AGENT_ROLL_BYTES") ?? $"{16 << 20}", CultureInfo.InvariantCulture);
        var maxFileBytes = total / 16;
        var logFile = _directory.File("logs/requests.log");
        await using var agent = await RunningAgent.StartAsync(
            $"--LOG_FILE={logFile}", $"--RequestLog:MaxFileBytes={maxFileBytes}", "--RequestLog:MaxFiles=3", "--RequestLog:IncludeText=true");
        var text = new string('a', 10_000);
        var load = Enumerable.Range(0, 8).Select(_ => LoadAsync(agent, text)).ToList();

        var lines = total / text.Length;
        var end = Environment.TickCount64 + (long)TimeSpan.FromMinutes(5).TotalMilliseconds;
        while (await agent.MetricAsync(Written) < lines && !load.Exists(task => task.IsFaulted))
        {
            Assert.True(Environment.TickCount64 < end, $"{await agent.MetricAsync(Written)} of {lines} lines");
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        await _done.CancelAsync();
        await Task.WhenAll(load);
        await Eventually.IsTrueAsync(
            async () => await agent.MetricAsync(Written) + await agent.MetricAsync(Dropped) == _sent, "written and dropped make up what was sent");
        Assert.Equal(0, await agent.StopAsync());

        var files = Directory.GetFiles(_directory.File("logs"));
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

    /// <summary>The agent makes a missing directory with the next line; a file must stand there before, or take turns until it does.</summary>
    private static Task TakePlaceAsync(string directory) => Eventually.IsTrueAsync(
        () =>
        {
            try
            {
                if (Directory.Exists(directory))
                {
                    Directory.Delete(directory, recursive: true);
                }

                File.WriteAllText(directory, "in the way");
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        },
        "a file is in the directory's place");

    private static async Task RisesAsync(RunningAgent agent, string metric, List<Task> load, string what)
    {
        var before = await agent.MetricAsync(metric);
        await Eventually.IsTrueAsync(async () => load.Exists(task => task.IsFaulted) || await agent.MetricAsync(metric) > before, what);
    }

    private async Task LoadAsync(RunningAgent agent, string text)
    {
        while (!_done.IsCancellationRequested)
        {
            Interlocked.Increment(ref _sent);
            using var response = await agent.InferAsync(text);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }
}
