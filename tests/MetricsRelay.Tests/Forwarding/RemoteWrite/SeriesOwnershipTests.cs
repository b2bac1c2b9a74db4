using MetricsRelay.Forwarding.RemoteWrite;

namespace MetricsRelay.Tests.Forwarding.RemoteWrite;

public sealed class SeriesOwnershipTests
{
    private readonly SeriesOwnership _ownership = new();
    private readonly SourceSeriesTracker _first = new(null);
    private readonly SourceSeriesTracker _second = new(null);

    [Fact]
    public void First_listed_source_takes_the_series_over_with_a_newer_sample()
    {
        Assert.True(_ownership.TryAcquire("x"u8, _second, order: 1, time: 10));
        Assert.False(_ownership.TryAcquire("x"u8, _first, order: 0, time: 10));
        Assert.True(_ownership.TryAcquire("x"u8, _first, order: 0, time: 11));
        Assert.False(_ownership.TryAcquire("x"u8, _second, order: 1, time: 12));
    }

    [Fact]
    public void Released_series_can_be_acquired_only_for_a_later_sample()
    {
        _ownership.TryAcquire("x"u8, _first, order: 0, time: 10);

        Assert.False(_ownership.TryRelease("x"u8, _second, time: 11));
        Assert.True(_ownership.TryRelease("x"u8, _first, time: 11));
        Assert.False(_ownership.TryAcquire("x"u8, _second, order: 1, time: 11));
        Assert.True(_ownership.TryAcquire("x"u8, _second, order: 1, time: 12));
    }
}
