using LogTailer.Checkpoint;
using LogTailer.Follow.Remote;
using LogTailer.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LogTailer.Tests.Follow.Remote;

/// <summary>The files of a log that is followed over HTTP.</summary>
public sealed class RemoteFilesTests
{
    private static readonly Uri Url = new("http://localhost:8001/logs");

    private int _changes;

    [Fact]
    public void First_start_has_no_file_and_no_position()
    {
        var files = CreateFiles();

        Assert.Null(files.Current);
        Assert.Null(files.CurrentPosition);
    }

    [Fact]
    public void Position_names_the_file_of_the_server_and_the_read_offset()
    {
        var files = CreateFiles();

        files.AddFile(files.GetPath("file:7"), 5).ReadOffset = 42;

        Assert.Equal("file:7:42", files.CurrentPosition);
    }

    [Fact]
    public void Log_without_positions_has_a_file_but_no_position()
    {
        var files = CreateFiles();

        files.AddLog(10);

        Assert.Equal(10, files.Current!.ReadOffset);
        Assert.Null(files.CurrentPosition);
    }

    [Fact]
    public void Finished_files_are_removed_except_for_the_current_one()
    {
        var files = CreateFiles();
        var finished = files.AddFile(files.GetPath("a"), 0);
        var unacknowledged = files.AddFile(files.GetPath("b"), 0);
        unacknowledged.ReadOffset = 7;
        var current = files.AddFile(files.GetPath("c"), 0);
        var changes = _changes;

        files.RemoveFinishedFiles();

        Assert.Equal([unacknowledged, current], files.Files);
        Assert.NotNull(finished.RotatedAt);
        Assert.Equal(changes + 1, _changes);
    }

    [Fact]
    public void Restart_continues_with_the_last_acknowledged_file_of_the_same_url()
    {
        var before = CreateFiles();
        before.AddFile(before.GetPath("a"), 0).AcknowledgeUpTo(10);
        before.AddFile(before.GetPath("b"), 0).AcknowledgeUpTo(20);
        before.AddFile(before.GetPath("c"), 0);
        var positions = new List<CheckpointedPosition> { new("http://elsewhere/logs#x", default, default, 99) };
        before.CollectPositions(positions);

        var files = CreateFiles(positions);

        Assert.Equal("b:20", files.CurrentPosition);
        Assert.Equal(before.Files[1].Identity, files.Current!.Identity);
    }

    private RemoteFiles CreateFiles(List<CheckpointedPosition>? restored = null)
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var metrics = new TailerMetrics(Prometheus.Metrics.WithCustomRegistry(registry), registry, hasSinkLabel: false);
        var events = new RemoteLogEvents(metrics.CreateSinkMetrics("default"), () => _changes++, NullLogger.Instance);
        return new RemoteFiles(Url, restored, events, new FakeTimeProvider());
    }
}
