namespace MetricsRelay.Scraping;

/// <summary>Runs at most one scrape of a target at a time. All callers during a scrape share the next one.</summary>
/// <param name="scrapeAsync">Scrapes; must not throw.</param>
/// <param name="time">The clock.</param>
/// <param name="stopping">Canceled when no further scrape may start.</param>
internal sealed class ScrapeScheduler(Func<Task> scrapeAsync, TimeProvider time, CancellationToken stopping)
{
    /// <summary>The shortest time between the starts of two scrapes, independent of the number of requests.</summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private Task _current = Task.CompletedTask;
    private Task? _next;
    private long _lastStart;
    private int _startedCount;

    /// <summary>The start of the last scrape as a <see cref="TimeProvider.GetTimestamp"/>; 0 before the first.</summary>
    public long LastStart => Interlocked.Read(ref _lastStart);

    /// <summary>The number of started scrapes.</summary>
    public int StartedCount => Volatile.Read(ref _startedCount);

    /// <summary>Schedules a scrape, or joins one that has not started yet.</summary>
    /// <returns>Completes when a scrape that started after the call has ended, with any outcome.</returns>
    public Task RequestScrapeAsync()
    {
        lock (_lock)
        {
            return _next ??= RunAfterAsync(_current);
        }
    }

    private async Task RunAfterAsync(Task previous)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        if (_lastStart != 0 && time.GetElapsedTime(_lastStart) is var elapsed && elapsed < MinInterval)
        {
            await Task.Delay(MinInterval - elapsed, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        lock (_lock)
        {
            _current = _next!;
            _next = null;
        }

        if (!stopping.IsCancellationRequested)
        {
            Interlocked.Exchange(ref _lastStart, time.GetTimestamp());
            Interlocked.Increment(ref _startedCount);
            await scrapeAsync();
        }
    }
}
