namespace MetricsRelay.Scraping;

/// <summary>Owns the current <see cref="ScrapeLoop"/> and replaces it when the configuration changes.</summary>
internal sealed class Scraper(
    ScrapeConfiguration initial, TimeProvider time, ScrapeMetrics metrics, Problems problems,
    IEnumerable<IScrapeForwarder> forwarders, ILogger<Scraper> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan MaxWaitForFinalScrape = TimeSpan.FromSeconds(2);

    private readonly IScrapeForwarder[] _forwarders = [.. forwarders];
    private volatile ScrapeLoop? _loop;

    /// <summary>The targets of the current configuration.</summary>
    public TargetSet TargetSet => (_loop ??= CreateLoop(initial)).TargetSet;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _loop ??= CreateLoop(initial);
        _loop.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_loop is { } loop)
        {
            await loop.StopAsync();
            var finalForwarders = _forwarders.Where(forwarder => forwarder.NeedsFinalScrape).ToList();
            if (finalForwarders.Count > 0)
            {
                await ForwardFinalScrapeAsync(loop.TargetSet, finalForwarders, cancellationToken);
            }
        }
    }

    /// <summary>Creates the targets of a new configuration.</summary>
    /// <returns>Replaces the current targets.</returns>
    public Action PrepareReload(ScrapeConfiguration next)
    {
        var prepared = CreateLoop(next);
        return () =>
        {
            var previous = _loop;
            _loop = prepared;
            prepared.Start();
            previous?.Dispose();
            var remaining = prepared.TargetSet.Targets.Select(target => target.Name).ToHashSet();
            foreach (var removed in previous?.TargetSet.Targets.Select(target => target.Name).Except(remaining) ?? [])
            {
                metrics.RemoveTarget(removed);
            }

            foreach (var forwarder in _forwarders)
            {
                forwarder.EndMissingTargets(remaining);
            }
        };
    }

    public void Dispose() => _loop?.Dispose();

    private ScrapeLoop CreateLoop(ScrapeConfiguration configuration) =>
        new(new TargetSet(configuration, time, metrics, problems), _forwarders, time, problems, logger);

    private async Task ForwardFinalScrapeAsync(
        TargetSet targetSet, List<IScrapeForwarder> finalForwarders, CancellationToken cancellationToken)
    {
        foreach (var target in targetSet.Targets)
        {
            target.IsStopExpected = true;
        }

        // If the time is up, the last result is forwarded anyway.
        await targetSet.RefreshTargetsAsync(MaxWaitForFinalScrape, time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var target in targetSet.Targets.Where(target => target.LastResult is { IsUp: true }))
        {
            finalForwarders.ForEach(forwarder => forwarder.ForwardScrape(target));
        }
    }
}
