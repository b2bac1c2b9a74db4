using LogTailer.Checkpoint;
using LogTailer.Follow;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogTailer.Tests.Checkpoint;

/// <summary>Behaviour 17: the checkpoint is there or not, never half.</summary>
public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_is_saved_is_loaded()
    {
        var file = Open();
        var position = new CheckpointedPosition("/logs/ä \"app\".log", new FileIdentity(ulong.MaxValue, 42), new Fingerprint(1024, 0xFEDCBA9876543210), 1L << 40);

        file.Save(new Dictionary<string, List<CheckpointedPosition>> { ["default"] = [position], ["loki"] = [] });
        var loaded = file.Load();

        Assert.Equal(["default", "loki"], loaded.Keys);
        Assert.Equal(position, Assert.Single(loaded["default"]));
        Assert.Empty(loaded["loki"]);
    }

    [Fact]
    public void Nothing_is_left_beside_it()
    {
        var file = Open();

        file.Save(new Dictionary<string, List<CheckpointedPosition>>());
        file.Save(new Dictionary<string, List<CheckpointedPosition>>());

        Assert.Equal(["checkpoint.json"], Directory.GetFiles(_directory.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_writing_that_fails_leaves_the_old_one()
    {
        var file = Open();
        file.Save(new Dictionary<string, List<CheckpointedPosition>> { ["old"] = [] });

        // Where the temporary file would go there is a directory.
        Directory.CreateDirectory(_directory["checkpoint.json.tmp"]);

        Assert.ThrowsAny<Exception>(() => file.Save(new Dictionary<string, List<CheckpointedPosition>> { ["new"] = [] }));
        Assert.Equal(["old"], file.Load().Keys);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"version":1}""")]
    [InlineData("""{"version":99,"sinks":{}}""")]
    [InlineData("""{"version":1,"sinks":{"default":[{"path":"/x","device":1,"inode":2,"fingerprint":"?","offset":3}]}}""")]
    [InlineData("""{"version":1,"sinks":{"default":[{"path":"/x","device":1,"inode":2,"fingerprint":"1:0","offset":-3}]}}""")]
    [InlineData("""{"version":1,"sinks":{"default":[{"path":"/x","device":-1,"inode":2,"fingerprint":"1:0","offset":3}]}}""")]
    public void A_damaged_one_is_set_aside(string content)
    {
        File.WriteAllText(_directory["checkpoint.json"], content);

        Assert.Empty(Open().Load());

        Assert.False(File.Exists(_directory["checkpoint.json"]));
        Assert.Equal(content, File.ReadAllText(Assert.Single(Directory.GetFiles(_directory.Path, "checkpoint.json.damaged-*"))));
    }

    [Fact]
    public async Task With_a_damaged_one_reading_begins_where_it_would_at_a_first_start()
    {
        Directory.CreateDirectory(_directory[".log-tailer"]);
        await File.WriteAllTextAsync(_directory[".log-tailer/checkpoint.json"], "garbage");
        _directory.Append("app.log", "1\n");

        await using var tailing = Tailing.Start(_directory["app.log"]);

        await tailing.Delivers("1");
    }

    [Fact]
    public async Task It_lies_beside_the_log_and_says_how_far_the_sink_has_come()
    {
        _directory.Append("app.log", "1\n22\n");
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await tailing.Delivers("1", "22");
        await tailing.StopAsync();

        Assert.Contains("\"offset\":5", await File.ReadAllTextAsync(_directory[".log-tailer/checkpoint.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_follows_the_acknowledgements_while_running()
    {
        await using var tailing = Tailing.Start(_directory["app.log"]);
        _directory.Append("app.log", "1\n22\n");

        await Eventually.HoldsAsync(
            () => File.Exists(tailing.CheckpointPath) && File.ReadAllText(tailing.CheckpointPath).Contains("\"offset\":5", StringComparison.Ordinal),
            () => "The checkpoint is not written.");
    }

    [Fact]
    public async Task Where_it_cannot_be_written_lines_go_on_and_the_problem_is_shown()
    {
        // A file stands where its directory would be.
        _directory.Append("blocked", "");
        _directory.Append("app.log", "1\n");
        await using var tailing = Tailing.Start(_directory["app.log"], checkpointPath: _directory["blocked/checkpoint.json"]);

        await tailing.Delivers("1");
        await Eventually.HoldsAsync(() => tailing.Problems.Open.Any(p => p.Area == "checkpoint"), () => "No problem is shown.");
        var problem = Assert.Single(tailing.Problems.Open);
        Assert.Contains("Checkpoint:Path", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_knows_of_a_file_that_is_not_there_yet_is_kept()
    {
        Directory.CreateDirectory(_directory["mount"]);
        _directory.Append("mount/app.log", "1\n");
        var checkpoint = _directory["checkpoint.json"];

        await using (var first = Tailing.Start(_directory["mount/app.log"], checkpointPath: checkpoint))
        {
            await first.Delivers("1");
            await first.StopAsync();
        }

        // The volume comes late: it is not there at the start.
        Directory.Move(_directory["mount"], _directory["elsewhere"]);
        await using var second = Tailing.Start(_directory["mount/app.log"], checkpointPath: checkpoint);
        await second.LooksAgain();
        Directory.Move(_directory["elsewhere"], _directory["mount"]);
        _directory.Append("mount/app.log", "2\n");

        await second.Delivers("2");
    }

    private CheckpointFile Open() => new(_directory["checkpoint.json"], TimeProvider.System, NullLogger<CheckpointFile>.Instance);
}
