using LogTailer.Follow;
using Microsoft.Extensions.Time.Testing;

namespace LogTailer.Tests.Follow;

/// <summary>When the next scan is due.</summary>
public sealed class ScanScheduleTests
{
    [Fact]
    public void Scan_is_due_one_interval_after_the_last_started()
    {
        var time = new FakeTimeProvider();
        var schedule = new ScanSchedule(TimeSpan.FromMilliseconds(250), time);

        schedule.StartScan();
        Assert.False(schedule.IsDue);
        time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.False(schedule.IsDue);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(schedule.IsDue);

        schedule.StartScan();
        Assert.False(schedule.IsDue);
        Assert.Equal(2, schedule.Scans);
    }
}
