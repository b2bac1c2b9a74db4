using LogTailer.Checkpoint;
using LogTailer.Files;
using LogTailer.Follow;

namespace LogTailer.Tests.Follow;

/// <summary>Positions of the previous run until their files are found.</summary>
public sealed class RestoredPositionsTests
{
    private static readonly CheckpointedPosition First = new("/logs/1.log", new FileIdentity(8, 1), new Fingerprint(4, 42), 100);
    private static readonly CheckpointedPosition Second = new("/logs/2.log", new FileIdentity(8, 2), new Fingerprint(4, 43), 200);

    [Fact]
    public void First_start_has_no_positions()
    {
        var restored = new RestoredPositions(null);

        Assert.True(restored.IsFirstStart);
        Assert.True(restored.IsEmpty);
        Assert.Empty(restored.Unmatched);
        Assert.False(new RestoredPositions([]).IsFirstStart);
    }

    [Fact]
    public void Position_is_found_by_identity_under_any_path()
    {
        var restored = new RestoredPositions([First, Second]);

        Assert.Equal(Second, restored.FindPosition("/logs/2.log.1", Second.Identity));
        Assert.Null(restored.FindPosition("/logs/3.log", new FileIdentity(8, 3)));
    }

    [Fact]
    public void Position_is_found_by_path_and_inode_when_the_device_number_changed()
    {
        var restored = new RestoredPositions([First, Second]);

        Assert.Equal(First, restored.FindPosition(First.Path, new FileIdentity(9, 1)));
        Assert.Null(restored.FindPosition(Second.Path, new FileIdentity(9, 1)));
    }

    [Fact]
    public void Position_without_a_fingerprint_is_not_found_on_another_device()
    {
        var restored = new RestoredPositions([First with { Fingerprint = default }]);

        Assert.Null(restored.FindPosition(First.Path, new FileIdentity(9, 1)));
    }

    [Fact]
    public void Matched_position_stays_visible_until_it_is_published()
    {
        var restored = new RestoredPositions([First, Second]);

        restored.RemoveMatched(First);
        Assert.Equal([First, Second], restored.Unmatched);

        restored.PublishUnmatched();
        Assert.Equal([Second], restored.Unmatched);
    }

    [Fact]
    public void Position_of_a_file_that_cannot_be_opened_is_kept()
    {
        var restored = new RestoredPositions([First, Second]);
        restored.KeepUnopened(Second);

        restored.RemoveMissing();
        restored.PublishUnmatched();

        Assert.Equal([Second], restored.Unmatched);
        restored.ClearUnopened();
        restored.RemoveMissing();
        Assert.True(restored.IsEmpty);
    }
}
