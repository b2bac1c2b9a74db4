using MetricsRelay.Scraping;

namespace MetricsRelay.Page;

/// <summary>The traffic of the targets in the last 15 minutes, read from the scrapes without extra requests.</summary>
internal sealed class TrafficHistory(Scraper scraper, TimeProvider time) : BackgroundService
{
    /// <summary>The time range of the charts.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(15);

    // Rates and quantiles cover at least this time, so that the charts show traffic instead of noise.
    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MinReadingInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly LinkedList<TrafficReading> _readings = new();
    private readonly LinkedList<TrafficPoint> _points = new();

    public TrafficSources Sources
    {
        get
        {
            lock (_lock)
            {
                return _readings.Last?.Value.Sources ?? default;
            }
        }
    }

    /// <summary>The points after a moment, in order.</summary>
    public IReadOnlyList<TrafficPoint> GetPointsAfter(long milliseconds)
    {
        lock (_lock)
        {
            return [.. _points.Where(point => point.Time > milliseconds)];
        }
    }

    /// <summary>Adds the last scrape, unless it is already known.</summary>
    public void RecordLastScrape()
    {
        var targetSet = scraper.TargetSet;
        var now = targetSet.Targets.Max(target =>
            target.LastResult is { IsUp: true } last ? last.StartTime.ToUnixTimeMilliseconds() : 0);
        lock (_lock)
        {
            if (now == 0 || (_readings.Last is { } newest && now - newest.Value.Time < MinReadingInterval.TotalMilliseconds))
            {
                return;
            }

            var merged = targetSet.LeaseMerged();
            var reading = TrafficReading.ReadFrom(merged, now);
            merged.ReleaseLease();
            var before = _readings.Last;
            while (before?.Previous is not null && now - before.Value.Time < RateWindow.TotalMilliseconds)
            {
                before = before.Previous;
            }

            if (before is not null)
            {
                _points.AddLast(TrafficPoint.FromReadings(before.Value, reading));
            }

            _readings.AddLast(reading);
            RemoveOlderThan(now - (long)Length.TotalMilliseconds);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(PollInterval, time);
        while (!stoppingToken.IsCancellationRequested)
        {
            RecordLastScrape();
            await ((Task)timer.WaitForNextTickAsync(stoppingToken).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void RemoveOlderThan(long milliseconds)
    {
        while (_readings.First!.Value.Time < milliseconds)
        {
            _readings.RemoveFirst();
        }

        while (_points.First is { } first && first.Value.Time < milliseconds)
        {
            _points.RemoveFirst();
        }
    }
}
