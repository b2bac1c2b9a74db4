using MetricsRelay.Scraping;
using Microsoft.Extensions.Time.Testing;

namespace MetricsRelay.Tests.Scraping;

public sealed class ScrapeSchedulerTests
{
    [Fact]
    public async Task Requests_during_a_scrape_share_the_next_one()
    {
        var time = new FakeTimeProvider();
        var release = new TaskCompletionSource();
        var scheduler = new ScrapeScheduler(() => release.Task, time, CancellationToken.None);

        var first = scheduler.RequestScrapeAsync();
        await Eventually.AssertAsync(() => scheduler.StartedCount == 1);
        var second = scheduler.RequestScrapeAsync();
        var third = scheduler.RequestScrapeAsync();

        Assert.Same(second, third);
        Assert.NotSame(first, second);
        release.SetResult();
        await first;
        await Eventually.AssertAsync(() =>
        {
            time.Advance(ScrapeScheduler.MinInterval);
            return third.IsCompleted;
        });
        Assert.Equal(2, scheduler.StartedCount);
    }

    [Fact]
    public async Task Next_scrape_waits_for_the_minimum_interval()
    {
        var time = new TimerTrackingTimeProvider();
        var scheduler = new ScrapeScheduler(() => Task.CompletedTask, time, CancellationToken.None);
        await scheduler.RequestScrapeAsync();

        var next = scheduler.RequestScrapeAsync();
        await time.WaitForTimersAsync();
        Assert.Equal(1, scheduler.StartedCount);
        time.Advance(ScrapeScheduler.MinInterval);

        await next;
        Assert.Equal(2, scheduler.StartedCount);
    }
}
