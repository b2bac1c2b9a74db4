using LogTailer.Follow.Changes;
using Microsoft.Extensions.Time.Testing;

namespace LogTailer.Tests.Follow;

/// <summary>Recording name changes, and determining whether notifications are reliable.</summary>
public sealed class ChangeListenerTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedSignal _signal = new();
    private readonly ChangeListener _listener;

    public ChangeListenerTests() => _listener = new ChangeListener(_signal, _time);

    public void Dispose() => _signal.Dispose();

    [Fact]
    public void Name_change_is_remembered_until_the_next_scan()
    {
        _listener.ClearNamesChanged();
        _signal.Changes.Enqueue(FileChange.Names);
        _signal.Changes.Enqueue(FileChange.Content);

        Assert.Equal(FileChange.Names, _listener.WaitForChange(TimeSpan.FromHours(1)));
        Assert.Equal(FileChange.Content, _listener.DrainChanges());
        Assert.True(_listener.NamesChanged);

        _listener.ClearNamesChanged();
        Assert.False(_listener.NamesChanged);
    }

    [Fact]
    public void Content_change_alone_requires_no_scan()
    {
        _listener.ClearNamesChanged();
        _signal.Changes.Enqueue(FileChange.Content);

        _listener.WaitForChange(TimeSpan.FromHours(1));

        Assert.False(_listener.NamesChanged);
    }

    [Fact]
    public void Notifications_are_unreliable_without_a_watched_directory()
    {
        _signal.CanWatch = false;
        _listener.WatchDirectory("/logs");
        Assert.False(_listener.IsReliable);

        _signal.CanWatch = true;
        _listener.WatchDirectory("/logs");
        Assert.True(_listener.IsReliable);
    }

    [Fact]
    public void Missed_change_makes_notifications_unreliable_for_ten_minutes()
    {
        _listener.WatchDirectory("/logs");
        _listener.RecordMissedChange();

        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.False(_listener.IsReliable);

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(_listener.IsReliable);
    }

    [Fact]
    public void Directory_of_a_link_target_is_watched()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["data"]);
        directory.AppendToFile("data/1.log", "");
        directory.ReplaceSymbolicLink("current.log", directory["data/1.log"]);

        _listener.WatchLinkTarget(directory["current.log"]);
        _listener.WatchLinkTarget(directory["missing.log"]);

        Assert.Equal([directory["data"]], _signal.Watched);
    }
}
