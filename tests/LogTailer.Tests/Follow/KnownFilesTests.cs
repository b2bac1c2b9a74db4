using LogTailer.Files;
using LogTailer.Follow;

namespace LogTailer.Tests.Follow;

/// <summary>The set of known files: identity and rotation order.</summary>
public sealed class KnownFilesTests
{
    private readonly KnownFiles _files = new();

    [Fact]
    public void Added_file_is_visible_after_publishing()
    {
        var file = CreateFile("app.log", 1);
        _files.AddFile(file);

        Assert.Empty(_files.Ordered);
        Assert.True(_files.TryFindFile(new FileIdentity(1, 1), out var found));
        Assert.Same(file, found);

        _files.PublishOrder();
        Assert.Equal([file], _files.Ordered);
    }

    [Fact]
    public void Published_order_starts_with_the_oldest_file()
    {
        var (newest, middle, oldest) = (CreateFile("app.log", 1), CreateFile("app.log.1", 2), CreateFile("app.log.2", 3));
        newest.Modified = middle.Modified = oldest.Modified = DateTime.UnixEpoch;
        _files.AddFile(middle);
        _files.AddFile(newest);
        _files.AddFile(oldest);

        _files.PublishOrder();

        Assert.Equal([oldest, middle, newest], _files.Ordered);
    }

    [Fact]
    public void File_that_left_is_older_than_any_other()
    {
        var (left, current) = (CreateFile("left.log", 1), CreateFile("current.log", 2));
        (left.Modified, left.RotatedAt) = (DateTime.UnixEpoch.AddDays(1), 1);
        current.Modified = DateTime.UnixEpoch;
        _files.AddFile(current);
        _files.AddFile(left);

        _files.PublishOrder();

        Assert.Equal([left, current], _files.Ordered);
    }

    [Fact]
    public void Replacement_keeps_the_place_in_the_order()
    {
        var (first, second) = (CreateFile("app.log.1", 1), CreateFile("app.log", 2));
        _files.AddFile(first);
        _files.AddFile(second);
        _files.PublishOrder();

        var replacement = CreateFile("app.log.1", 1);
        _files.ReplaceFile(first, replacement);

        Assert.Equal([replacement, second], _files.Ordered);
        Assert.True(_files.TryFindFile(new FileIdentity(1, 1), out var found));
        Assert.Same(replacement, found);
    }

    [Fact]
    public void Removed_file_is_unknown_and_readers_keep_their_array()
    {
        var file = CreateFile("app.log", 1);
        _files.AddFile(file);
        _files.PublishOrder();
        var before = _files.Ordered;

        _files.RemoveFile(file);

        Assert.Equal([file], before);
        Assert.Empty(_files.Ordered);
        Assert.False(_files.ContainsIdentity(file.Identity));
    }

    private static FollowedFile CreateFile(string path, ulong inode) => new(path, new FileIdentity(1, inode), default, 0);
}
