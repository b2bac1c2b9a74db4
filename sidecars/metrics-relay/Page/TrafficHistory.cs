using MetricsRelay.Scrape;

namespace MetricsRelay.Page;

/// <summary>The last quarter of an hour of the targets' traffic, read from the scrapes that there are anyway.</summary>
internal sealed class TrafficHistory(Scraper scraper, TimeProvider time) : BackgroundService
{
    /// <summary>How far the charts go back.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(15);

    // Rates and quantiles are of at least so long, so that a chart shows traffic and not the accidents of two seconds.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeastGap = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly LinkedList<TrafficReading> _readings = new();
    private readonly LinkedList<TrafficPoint> _points = new();

    /// <summary>The families that the charts are drawn from, null where there is none.</summary>
    public (string? Requests, string? Latency, string? InFlight) Sources
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
    public IReadOnlyList<TrafficPoint> Since(long milliseconds)
    {
        lock (_lock)
        {
            return [.. _points.Where(point => point.At > milliseconds)];
        }
    }

    /// <summary>Takes in what the targets said last, unless it is there already.</summary>
    public void Observe()
    {
        var board = scraper.Board;
        var at = board.Targets.Max(target => target.Last is { Up: true } last ? last.At.ToUnixTimeMilliseconds() : 0);
        lock (_lock)
        {
            if (at == 0 || (_readings.Last is { } newest && at - newest.Value.At < LeastGap.TotalMilliseconds))
            {
                return;
            }

            var merged = board.Lease();
            var reading = TrafficReading.Of(merged, at);
            merged.Release();
            var before = _readings.Last;
            while (before?.Previous is not null && at - before.Value.At < Window.TotalMilliseconds)
            {
                before = before.Previous;
            }

            if (before is not null)
            {
                _points.AddLast(TrafficPoint.Between(before.Value, reading));
            }

            _readings.AddLast(reading);
            var oldest = at - (long)Length.TotalMilliseconds;
            while (_readings.First!.Value.At < oldest)
            {
                _readings.RemoveFirst();
            }

            while (_points.First is { } first && first.Value.At < oldest)
            {
                _points.RemoveFirst();
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        while (!stoppingToken.IsCancellationRequested)
        {
            Observe();
            await ((Task)timer.WaitForNextTickAsync(stoppingToken).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
