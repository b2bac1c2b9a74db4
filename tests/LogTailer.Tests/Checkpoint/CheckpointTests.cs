using LogTailer.Checkpoint;
using LogTailer.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogTailer.Tests.Checkpoint;

/// <summary>The checkpoint file: written atomically, and renamed when it is damaged.</summary>
public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Saved_positions_are_loaded_unchanged()
    {
        var file = OpenCheckpoint();
        var position = new CheckpointedPosition(
            "/logs/ä \"app\".log", new FileIdentity(ulong.MaxValue, 42), new Fingerprint(1024, 0xFEDCBA9876543210), 1L << 40);

        file.SavePositions(new Dictionary<string, List<CheckpointedPosition>> { ["default"] = [position], ["loki"] = [] });
        var loaded = file.LoadPositions();

        Assert.Equal(["default", "loki"], loaded.Keys);
        Assert.Equal(position, Assert.Single(loaded["default"]));
        Assert.Empty(loaded["loki"]);
    }

    [Fact]
    public void Saving_leaves_no_temporary_file()
    {
        var file = OpenCheckpoint();

        file.SavePositions(new Dictionary<string, List<CheckpointedPosition>>());
        file.SavePositions(new Dictionary<string, List<CheckpointedPosition>>());

        Assert.Equal(["checkpoint.json"], Directory.GetFiles(_directory.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Failed_save_keeps_the_previous_checkpoint()
    {
        var file = OpenCheckpoint();
        file.SavePositions(new Dictionary<string, List<CheckpointedPosition>> { ["old"] = [] });

        // A directory at the path of the temporary file makes the write fail.
        Directory.CreateDirectory(_directory["checkpoint.json.tmp"]);

        Assert.ThrowsAny<Exception>(() => file.SavePositions(new Dictionary<string, List<CheckpointedPosition>> { ["new"] = [] }));
        Assert.Equal(["old"], file.LoadPositions().Keys);
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
    public void Damaged_checkpoint_is_renamed_and_ignored(string content)
    {
        File.WriteAllText(_directory["checkpoint.json"], content);

        Assert.Empty(OpenCheckpoint().LoadPositions());

        Assert.False(File.Exists(_directory["checkpoint.json"]));
        Assert.Equal(content, File.ReadAllText(Assert.Single(Directory.GetFiles(_directory.Path, "checkpoint.json.damaged-*"))));
    }

    [Fact]
    public async Task Damaged_checkpoint_is_treated_as_a_first_start()
    {
        Directory.CreateDirectory(_directory[".log-tailer"]);
        await File.WriteAllTextAsync(_directory[".log-tailer/checkpoint.json"], "garbage");
        _directory.AppendToFile("app.log", "1\n");

        await using var tailing = Tailing.Start(_directory["app.log"]);

        await tailing.AssertDeliveredAsync("1");
    }

    [Fact]
    public async Task Default_checkpoint_next_to_the_log_has_the_acknowledged_offset()
    {
        _directory.AppendToFile("app.log", "1\n22\n");
        await using var tailing = Tailing.Start(_directory["app.log"]);
        await tailing.AssertDeliveredAsync("1", "22");
        await tailing.StopAsync();

        Assert.Contains("\"offset\":5", await File.ReadAllTextAsync(_directory[".log-tailer/checkpoint.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checkpoint_is_updated_while_lines_are_acknowledged()
    {
        await using var tailing = Tailing.Start(_directory["app.log"]);
        _directory.AppendToFile("app.log", "1\n22\n");

        await Eventually.AssertAsync(
            () => File.Exists(tailing.CheckpointPath) && File.ReadAllText(tailing.CheckpointPath).Contains(
                "\"offset\":5", StringComparison.Ordinal),
            () => "The checkpoint was not written.");
    }

    [Fact]
    public async Task Unwritable_checkpoint_is_reported_and_lines_are_still_shipped()
    {
        // A file at the path of the checkpoint directory makes the write fail.
        _directory.AppendToFile("blocked", "");
        _directory.AppendToFile("app.log", "1\n");
        await using var tailing = Tailing.Start(_directory["app.log"], checkpointPath: _directory["blocked/checkpoint.json"]);

        await tailing.AssertDeliveredAsync("1");
        await Eventually.AssertAsync(() => tailing.Problems.Open.Any(p => p.Area == "checkpoint"), () => "No problem was reported.");
        var problem = Assert.Single(tailing.Problems.Open);
        Assert.Contains("Checkpoint:Path", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Positions_of_a_volume_mounted_late_are_kept()
    {
        Directory.CreateDirectory(_directory["mount"]);
        _directory.AppendToFile("mount/app.log", "1\n");
        var checkpoint = _directory["checkpoint.json"];

        await using (var first = Tailing.Start(_directory["mount/app.log"], checkpointPath: checkpoint))
        {
            await first.AssertDeliveredAsync("1");
            await first.StopAsync();
        }

        // The volume is mounted after the start.
        Directory.Move(_directory["mount"], _directory["elsewhere"]);
        await using var second = Tailing.Start(_directory["mount/app.log"], checkpointPath: checkpoint);
        await second.WaitForScansAsync();
        Directory.Move(_directory["elsewhere"], _directory["mount"]);
        _directory.AppendToFile("mount/app.log", "2\n");

        await second.AssertDeliveredAsync("2");
    }

    private CheckpointFile OpenCheckpoint() => new(_directory["checkpoint.json"], TimeProvider.System, NullLogger<CheckpointFile>.Instance);
}
