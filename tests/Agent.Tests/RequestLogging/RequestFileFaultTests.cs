using System.Net;
using System.Text.Json.Nodes;
using Agent.Tests.Support;

namespace Agent.Tests.RequestLogging;

/// <summary>Whatever happens to the file, requests are answered, losses are counted, and writing goes on by itself.</summary>
public sealed class RequestFileFaultTests : IDisposable
{
    private const string Dropped = "agent_request_log_dropped_total";
    private const string Written = "agent_request_log_lines_total";

    private readonly TemporaryDirectory _directory = new();
    private int _sent;

    private string LogFile => _directory.File("logs/requests.log");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_missing_directory_is_made()
    {
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={LogFile}");

        await SendAsync(agent);

        await Eventually.IsTrueAsync(() => RunningAgent.LinesOf(LogFile).Count == 1, "the line is there");
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_is_waited_for()
    {
        // Root may write anywhere; a file in the directory's place stops even root.
        await File.WriteAllTextAsync(_directory.File("logs"), "in the way");
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={LogFile}");
        await SendAsync(agent);
        await Eventually.IsTrueAsync(async () => await agent.MetricAsync(Dropped) == 1, "the loss is counted");
        var status = JsonNode.Parse(await agent.Management.GetStringAsync(new Uri("/statusz", UriKind.Relative)))!;
        Assert.Equal("request log", (string?)status["problems"]![0]!["area"]);

        File.Delete(_directory.File("logs"));

        await SendUntilWrittenAsync(agent);
        status = JsonNode.Parse(await agent.Management.GetStringAsync(new Uri("/statusz", UriKind.Relative)))!;
        Assert.Empty(status["problems"]!.AsArray());
        await EverythingIsAccountedForAsync(agent);
    }

    [Fact]
    public async Task A_file_that_is_deleted_is_made_again()
    {
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={LogFile}");
        await SendAsync(agent);
        await Eventually.IsTrueAsync(() => RunningAgent.LinesOf(LogFile).Count == 1, "the first line is there");

        File.Delete(LogFile);
        await SendAsync(agent);

        await Eventually.IsTrueAsync(() => RunningAgent.LinesOf(LogFile).Count == 1, "the second line is in a new file");
    }

    [Fact]
    public async Task A_directory_that_is_deleted_is_made_again()
    {
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={LogFile}");
        await SendAsync(agent);
        await Eventually.IsTrueAsync(() => RunningAgent.LinesOf(LogFile).Count == 1, "the first line is there");

        Directory.Delete(Path.GetDirectoryName(LogFile)!, recursive: true);
        await SendAsync(agent);

        await Eventually.IsTrueAsync(() => RunningAgent.LinesOf(LogFile).Count == 1, "the second line is in a new file");
        Assert.Equal(0, await agent.MetricAsync(Dropped));
    }

    [Fact]
    public async Task A_file_that_is_cut_is_written_on_from_its_new_end()
    {
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={LogFile}");
        await SendAsync(agent);
        await SendAsync(agent);
        await Eventually.IsTrueAsync(() => RunningAgent.LinesOf(LogFile).Count == 2, "two lines are there");

        await File.WriteAllTextAsync(LogFile, "");
        await SendAsync(agent);

        await Eventually.IsTrueAsync(() => RunningAgent.LinesOf(LogFile).Count == 1, "one line and no hole before it");
        Assert.Equal((byte)'{', (await File.ReadAllBytesAsync(LogFile))[0]);
    }

    [Fact]
    public async Task A_line_that_a_crash_left_without_its_end_is_not_joined_to_the_next()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(LogFile)!);
        await File.WriteAllTextAsync(LogFile, "{\"timestamp\":\"20");
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={LogFile}");

        await SendAsync(agent);

        await Eventually.IsTrueAsync(() => File.ReadAllText(LogFile).Count(c => c == '\n') == 2, "the line is there");
        Assert.NotNull(JsonNode.Parse(File.ReadAllLines(LogFile)[1]));
    }

    [Fact]
    public async Task A_link_is_followed()
    {
        File.CreateSymbolicLink(_directory.File("link.log"), _directory.File("target.log"));
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={_directory.File("link.log")}");

        await SendAsync(agent);
        await SendAsync(agent);

        await Eventually.IsTrueAsync(() => RunningAgent.LinesOf(_directory.File("target.log")).Count == 2, "two lines in the target");
        Assert.Equal(0, await agent.MetricAsync(Dropped));
    }

    [LinuxFact]
    public async Task A_device_that_takes_nothing_costs_the_lines_alone()
    {
        await using var agent = await RunningAgent.StartAsync("--LOG_FILE=/dev/full");

        for (var i = 0; i < 20; i++)
        {
            await SendAsync(agent);
        }

        await Eventually.IsTrueAsync(async () => await agent.MetricAsync(Dropped) == 20, "twenty losses are counted");
        Assert.Equal(0, await agent.MetricAsync(Written));
    }

    [SmallDiskFact]
    public async Task A_full_disk_costs_lines_and_never_half_of_one()
    {
        using var disk = SmallDisk.Mount(_directory.File("disk"), "64k");
        var logFile = Path.Combine(disk.Path, "requests.log");
        await using var agent = await RunningAgent.StartAsync($"--LOG_FILE={logFile}");

        for (var round = 0; round < 3; round++)
        {
            var ballast = Path.Combine(disk.Path, "ballast");
            disk.Fill(ballast);
            var before = await agent.MetricAsync(Dropped);
            await Eventually.IsTrueAsync(
                async () =>
                {
                    await SendAsync(agent);
                    return await agent.MetricAsync(Dropped) > before + 2;
                },
                "the disk is full and lines are lost");

            File.Delete(ballast);
            await SendUntilWrittenAsync(agent);
        }

        await EverythingIsAccountedForAsync(agent);
        Assert.Equal(0, await agent.StopAsync());
        Assert.EndsWith("\n", await File.ReadAllTextAsync(logFile), StringComparison.Ordinal);

        // Every line is whole: this throws at one that is not.
        Assert.True(RunningAgent.LinesOf(logFile).Count > 3);
    }

    [Fact]
    public async Task A_file_that_grows_is_renamed_and_the_oldest_removed()
    {
        await using var agent = await RunningAgent.StartAsync(
            $"--LOG_FILE={LogFile}", "--RequestLog:MaxFileBytes=1024", "--RequestLog:MaxFiles=3");

        for (var i = 0; i < 60; i++)
        {
            await SendAsync(agent);
        }

        await Eventually.IsTrueAsync(async () => await agent.MetricAsync(Written) == 60, "all is written");
        Assert.Equal(0, await agent.MetricAsync(Dropped));
        var files = Directory.GetFiles(Path.GetDirectoryName(LogFile)!).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(3, files.Count);
        Assert.Equal("requests.log", files[0]);
        Assert.All(files.Skip(1), file => Assert.Matches(@"^requests_\d{3}\.log$", file));
        Assert.All(
            Directory.GetFiles(Path.GetDirectoryName(LogFile)!),
            file => Assert.InRange(new FileInfo(file).Length, 1, 1024 + 512));

        // What is kept is the newest, without a gap, LOG_FILE last.
        var kept = files.Skip(1).Append(files[0]).SelectMany(file => RunningAgent.LinesOf(_directory.File("logs/" + file!)))
            .Select(line => int.Parse(((string)line["request_id"]!)[2..], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(Enumerable.Range(61 - kept.Count, kept.Count), kept);
    }

    [Fact]
    public async Task One_file_alone_is_begun_anew_when_it_is_full()
    {
        await using var agent = await RunningAgent.StartAsync(
            $"--LOG_FILE={LogFile}", "--RequestLog:MaxFileBytes=1024", "--RequestLog:MaxFiles=1");

        for (var i = 0; i < 20; i++)
        {
            await SendAsync(agent);
        }

        await Eventually.IsTrueAsync(async () => await agent.MetricAsync(Written) == 20, "all is written");
        Assert.Equal([LogFile], Directory.GetFiles(Path.GetDirectoryName(LogFile)!));
    }

    private async Task SendAsync(RunningAgent agent)
    {
        var id = ++_sent;
        await agent.InferAsync("what a lovely day", ("X-Request-Id", $"r-{id}")).JsonAsync(HttpStatusCode.OK);
    }

    private async Task SendUntilWrittenAsync(RunningAgent agent)
    {
        var before = await agent.MetricAsync(Written);
        await Eventually.IsTrueAsync(
            async () =>
            {
                await SendAsync(agent);
                return await agent.MetricAsync(Written) > before + 1;
            },
            "lines are written again");
    }

    private async Task EverythingIsAccountedForAsync(RunningAgent agent)
    {
        await Eventually.IsTrueAsync(
            async () => await agent.MetricAsync(Written) + await agent.MetricAsync(Dropped) == _sent,
            "written and dropped make up what was sent");
    }
}
