namespace MetricsRelay.Scraping;

/// <summary>Scrapes the targets of one configuration on their interval and passes each result to the forwarders.</summary>
internal sealed partial class ScrapeLoop(
    TargetSet targetSet, IReadOnlyList<IScrapeForwarder> forwarders, TimeProvider time, Problems problems, ILogger logger) : IDisposable
{
    // The relay starts before the process that it scrapes, so a target that was never up is probably starting.
    private static readonly TimeSpan StartupRetryInterval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private Task _loops = Task.CompletedTask;

    public TargetSet TargetSet => targetSet;

    public void Start() => _loops = Task.WhenAll(targetSet.Targets.Select(target => Task.Run(() => RunTargetAsync(target, _stop.Token))));

    /// <summary>Stops the loops. The target set remains usable, because the management port serves it until the process exits.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loops;
    }

    public void Dispose()
    {
        _stop.Cancel();
        targetSet.Dispose();
    }

    private async Task RunTargetAsync(Target target, CancellationToken cancellationToken)
    {
        var interval = targetSet.Configuration.Scrape.Interval;
        var gridStart = time.GetTimestamp();
        var startedCount = 0;
        var hasLoggedUp = false;
        var hasLoggedRefused = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            // A request for the metrics scrapes the targets too. Without forwarders it replaces the scrape of the interval.
            var wasRequested = target.StartedCount > startedCount;
            startedCount = target.StartedCount;
            if (forwarders.Count > 0 || !wasRequested)
            {
                startedCount++;
                // A running scrape is not awaited at shutdown: a target that hangs must not use up the time that forwarders need.
                await target.ScrapeAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                ForwardScrape(target, cancellationToken);
            }

            if (!hasLoggedUp && target.LastResult is { IsUp: true } first)
            {
                hasLoggedUp = true;
                Log.Up(logger, target.Name, first.Samples, (long)first.Duration.TotalMilliseconds);
            }
            else if (!hasLoggedRefused && target.LastResult is { Outcome: "connection" } && !target.HasBeenUp)
            {
                hasLoggedRefused = true;
                Log.ConnectionRefused(logger, target.Name);
            }

            // Scrapes start at fixed times, so that delays do not add up.
            var wait = interval - TimeSpan.FromTicks(time.GetElapsedTime(gridStart).Ticks % interval.Ticks);
            if (wasRequested && forwarders.Count == 0)
            {
                // Half an interval after the next expected request, so that slightly irregular requests cause no extra scrape.
                var remaining = (1.5 * interval) - time.GetElapsedTime(target.LastStart);
                wait = remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
                gridStart = time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
            }

            if (!target.HasBeenUp && wait > StartupRetryInterval)
            {
                wait = StartupRetryInterval;
            }

            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void ForwardScrape(Target target, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested || target.LastResult is null)
        {
            return;
        }

        foreach (var forwarder in forwarders)
        {
            var area = $"forward {forwarder.Name}";
            try
            {
                forwarder.ForwardScrape(target);
                problems.Clear(area);
            }
            catch (Exception exception)
            {
                // After a reload the target is disposed, and failing to lease its last scrape is expected.
                if (!cancellationToken.IsCancellationRequested)
                {
                    problems.Report(area,
                        $"Forwarding a scrape of {target.Name} to {forwarder.Name} failed: "
                        + $"{exception.GetType().Name}: {exception.Message}.",
                        "This scrape is not forwarded; the next one will be. This is a bug in the relay; please report it.", exception);
                }
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(100, LogLevel.Information, "Target {Target} is up: {Samples} samples in {Milliseconds} ms")]
        public static partial void Up(ILogger logger, string target, int samples, long milliseconds);

        [LoggerMessage(101, LogLevel.Information, "Target {Target}: connection refused, retrying every second")]
        public static partial void ConnectionRefused(ILogger logger, string target);
    }
}
