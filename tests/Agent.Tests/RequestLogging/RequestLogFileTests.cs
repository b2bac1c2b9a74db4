using System.Net;
using System.Text.Json.Nodes;
using Agent.Tests.Support;

namespace Agent.Tests.RequestLogging;

/// <summary>After any failure of the file, requests are served, dropped lines are counted, and writing resumes automatically.</summary>
public sealed class RequestLogFileTests : IDisposable
{
    private const string Dropped = "agent_request_log_dropped_total";
    private const string Written = "agent_request_log_lines_total";

    private readonly TemporaryDirectory _directory = new();
    private int _sent;

    private string LogFile => _directory["logs/requests.log"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Missing_directory_is_created()
    {
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={LogFile}");

        await SendAsync(agent);

        await Eventually.AssertAsync(() => RunningAgent.ReadLines(LogFile).Count == 1, "the line is written");
    }

    [Fact]
    public async Task Writing_resumes_when_the_directory_can_be_created()
    {
        // Root ignores permissions, but not a file in the place of the directory.
        await File.WriteAllTextAsync(_directory["logs"], "not a directory");
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={LogFile}");
        await SendAsync(agent);
        await Eventually.AssertAsync(async () => await agent.ReadMetricAsync(Dropped) == 1, "the dropped line is counted");
        var status = JsonNode.Parse(await agent.Management.GetStringAsync(new Uri("/statusz", UriKind.Relative)))!;
        Assert.Equal("request log", (string?)status["problems"]![0]!["area"]);

        File.Delete(_directory["logs"]);

        await SendUntilWrittenAsync(agent);
        status = JsonNode.Parse(await agent.Management.GetStringAsync(new Uri("/statusz", UriKind.Relative)))!;
        Assert.Empty(status["problems"]!.AsArray());
        await AssertAllCountedAsync(agent);
    }

    [Fact]
    public async Task Deleted_file_is_created_again_with_the_next_line()
    {
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={LogFile}");
        await SendAsync(agent);
        await Eventually.AssertAsync(() => RunningAgent.ReadLines(LogFile).Count == 1, "the first line is written");

        File.Delete(LogFile);
        await SendAsync(agent);

        await Eventually.AssertAsync(() => RunningAgent.ReadLines(LogFile).Count == 1, "the second line is in a new file");
    }

    [Fact]
    public async Task Deleted_directory_is_created_again_with_the_next_line()
    {
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={LogFile}");
        await SendAsync(agent);
        await Eventually.AssertAsync(() => RunningAgent.ReadLines(LogFile).Count == 1, "the first line is written");

        Directory.Delete(Path.GetDirectoryName(LogFile)!, recursive: true);
        await SendAsync(agent);

        await Eventually.AssertAsync(() => RunningAgent.ReadLines(LogFile).Count == 1, "the second line is in a new file");
        Assert.Equal(0, await agent.ReadMetricAsync(Dropped));
    }

    [Fact]
    public async Task Truncated_file_is_appended_to_at_its_new_end()
    {
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={LogFile}");
        await SendAsync(agent);
        await SendAsync(agent);
        await Eventually.AssertAsync(() => RunningAgent.ReadLines(LogFile).Count == 2, "two lines are written");

        await File.WriteAllTextAsync(LogFile, "");
        await SendAsync(agent);

        await Eventually.AssertAsync(() => RunningAgent.ReadLines(LogFile).Count == 1, "the file contains only the new line");
        Assert.Equal((byte)'{', (await File.ReadAllBytesAsync(LogFile))[0]);
    }

    [Fact]
    public async Task Torn_line_of_a_crash_is_not_joined_to_the_next_line()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(LogFile)!);
        await File.WriteAllTextAsync(LogFile, "{\"timestamp\":\"20");
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={LogFile}");

        await SendAsync(agent);

        await Eventually.AssertAsync(() => File.ReadAllText(LogFile).Count(c => c == '\n') == 2, "the line is written");
        Assert.NotNull(JsonNode.Parse(File.ReadAllLines(LogFile)[1]));
    }

    [Fact]
    public async Task Symbolic_link_is_written_through_to_its_target()
    {
        File.CreateSymbolicLink(_directory["link.log"], _directory["target.log"]);
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={_directory["link.log"]}");

        await SendAsync(agent);
        await SendAsync(agent);

        await Eventually.AssertAsync(() => RunningAgent.ReadLines(_directory["target.log"]).Count == 2, "two lines in the target");
        Assert.Equal(0, await agent.ReadMetricAsync(Dropped));
    }

    [LinuxFact]
    public async Task Device_without_space_drops_and_counts_every_line()
    {
        await using var agent = await RunningAgent.StartAsync("--LOG_FILE=/dev/full");

        for (var i = 0; i < 20; i++)
        {
            await SendAsync(agent);
        }

        await Eventually.AssertAsync(async () => await agent.ReadMetricAsync(Dropped) == 20, "twenty dropped lines are counted");
        Assert.Equal(0, await agent.ReadMetricAsync(Written));
    }

    [SmallDiskFact]
    public async Task Full_disk_drops_complete_lines_and_tears_none()
    {
        using var disk = SmallDisk.Mount(_directory["disk"], "64k");
        var logFile = Path.Combine(disk.Path, "requests.log");
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={logFile}");

        for (var round = 0; round < 3; round++)
        {
            var ballast = Path.Combine(disk.Path, "ballast");
            disk.Fill(ballast);
            var before = await agent.ReadMetricAsync(Dropped);
            await Eventually.AssertAsync(
                async () =>
                {
                    await SendAsync(agent);
                    return await agent.ReadMetricAsync(Dropped) > before + 2;
                },
                "the disk is full and lines are dropped");

            File.Delete(ballast);
            await SendUntilWrittenAsync(agent);
        }

        await AssertAllCountedAsync(agent);
        Assert.Equal(0, await agent.StopAsync());
        Assert.EndsWith("\n", await File.ReadAllTextAsync(logFile), StringComparison.Ordinal);

        // Throws if a line is incomplete.
        Assert.True(RunningAgent.ReadLines(logFile).Count > 3);
    }

    [Fact]
    public async Task Full_file_is_renamed_and_the_oldest_one_removed()
    {
        await using var agent = await RunningAgent.StartAsync(
            $"--LOG_FILE={LogFile}", "--RequestLog:MaxFileBytes=1024", "--RequestLog:MaxFiles=3");

        for (var i = 0; i < 60; i++)
        {
            await SendAsync(agent);
        }

        await Eventually.AssertAsync(async () => await agent.ReadMetricAsync(Written) == 60, "all lines are written");
        Assert.Equal(0, await agent.ReadMetricAsync(Dropped));
        var files = Directory.GetFiles(Path.GetDirectoryName(LogFile)!).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(3, files.Count);
        Assert.Equal("requests.log", files[0]);
        Assert.All(files.Skip(1), file => Assert.Matches(@"^requests_\d{3}\.log$", file));
        Assert.All(
            Directory.GetFiles(Path.GetDirectoryName(LogFile)!),
            file => Assert.InRange(new FileInfo(file).Length, 1, 1024 + 512));

        // The kept lines are the newest ones without a gap; those in LOG_FILE are the last.
        var kept = files.Skip(1).Append(files[0]).SelectMany(file => RunningAgent.ReadLines(_directory["logs/" + file!]))
            .Select(line => int.Parse(((string)line["request_id"]!)[2..], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(Enumerable.Range(61 - kept.Count, kept.Count), kept);
    }

    [Fact]
    public async Task Single_allowed_file_is_replaced_when_it_is_full()
    {
        await using var agent = await RunningAgent.StartAsync(
            $"--LOG_FILE={LogFile}", "--RequestLog:MaxFileBytes=1024", "--RequestLog:MaxFiles=1");

        for (var i = 0; i < 20; i++)
        {
            await SendAsync(agent);
        }

        await Eventually.AssertAsync(async () => await agent.ReadMetricAsync(Written) == 20, "all lines are written");
        Assert.Equal([LogFile], Directory.GetFiles(Path.GetDirectoryName(LogFile)!));
    }

    private async Task SendAsync(RunningAgent agent)
    {
        var id = ++_sent;
        await agent.InferAsync("what a lovely day", ("X-Request-Id", $"r-{id}")).ReadJsonAsync(HttpStatusCode.OK);
    }

    private async Task SendUntilWrittenAsync(RunningAgent agent)
    {
        var before = await agent.ReadMetricAsync(Written);
        await Eventually.AssertAsync(
            async () =>
            {
                await SendAsync(agent);
                return await agent.ReadMetricAsync(Written) > before + 1;
            },
            "lines are written again");
    }

    private async Task AssertAllCountedAsync(RunningAgent agent)
    {
        await Eventually.AssertAsync(
            async () => await agent.ReadMetricAsync(Written) + await agent.ReadMetricAsync(Dropped) == _sent,
            "written and dropped lines add up to the sent requests");
    }
}
