using MetricsRelay.Exposition;
using MetricsRelay.Labeling;
using MetricsRelay.Merging;
using MetricsRelay.Relabeling;

namespace MetricsRelay.Scraping;

/// <summary>The targets of one configuration, and the merged result of their last scrapes.</summary>
internal sealed class TargetSet : IDisposable
{
    // A target that is known to be down should not delay the others.
    private static readonly TimeSpan MaxWaitForDownTarget = TimeSpan.FromMilliseconds(250);

    private readonly Lock _publishing = new();
    private readonly ScrapeMetrics _metrics;
    private readonly Problems _problems;
    private readonly bool _mayOverlap;
    private volatile MergedExposition _merged;
    private bool _isDisposed;

    public TargetSet(ScrapeConfiguration configuration, TimeProvider time, ScrapeMetrics metrics, Problems problems)
    {
        Configuration = configuration;
        _metrics = metrics;
        _problems = problems;
        var (scrape, externalLabels, ruleOptions) = configuration;
        var urls = scrape.EffectiveTargets.Select(target => new Uri(target)).ToList();
        _mayOverlap = urls.Count > 1 && (scrape.HonorLabels || ruleOptions.Count > 0);
        List<RelabelRule> rules = [.. ruleOptions.Select(rule => new RelabelRule(rule))];
        _merged = MergedExposition.MergeSources([]);
        Targets = [.. urls.Select((url, i) => CreateTarget(new TargetIdentity(url, GetName(url, urls), i, _mayOverlap)))];
        PublishMerged();

        Target CreateTarget(TargetIdentity identity)
        {
            var labels = new TargetLabels(
                urls.Count > 1 ? [new Label("instance", identity.Name)] : [], scrape.HonorLabels, externalLabels, rules);
            return new Target(identity, scrape, labels, labels, time, metrics.AddTarget(identity.Name), problems, PublishMerged);
        }
    }

    public ScrapeConfiguration Configuration { get; }

    public IReadOnlyList<Target> Targets { get; }

    /// <summary>The families that are currently omitted.</summary>
    public IReadOnlyList<MergeConflict> Conflicts => _merged.Conflicts;

    /// <summary>Leases the merged result. Release it after use.</summary>
    public MergedExposition LeaseMerged()
    {
        while (true)
        {
            var merged = _merged;
            if (merged.TryLease())
            {
                return merged;
            }
        }
    }

    /// <summary>
    /// Scrapes every target, but waits only for a limited time. For a target that is too slow, the result of its last scrape remains.
    /// </summary>
    public async Task RefreshTargetsAsync(TimeSpan maxWait, TimeProvider time, CancellationToken cancellationToken)
    {
        var waits = new Task[Targets.Count];
        for (var i = 0; i < waits.Length; i++)
        {
            var isDown = Targets[i].LastResult is { IsUp: false } && maxWait > MaxWaitForDownTarget;
            waits[i] = Targets[i].ScrapeAsync().WaitAsync(isDown ? MaxWaitForDownTarget : maxWait, time, cancellationToken);
        }

        foreach (var wait in waits)
        {
            await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    public void Dispose()
    {
        foreach (var target in Targets)
        {
            target.Dispose();
        }

        lock (_publishing)
        {
            _isDisposed = true;
            var last = _merged;
            _merged = MergedExposition.MergeSources([]);
            last.ReleaseLease();
        }
    }

    private static string GetName(Uri url, List<Uri> all) =>
        all.Count(other => other.Authority == url.Authority) > 1 ? url.Authority + url.PathAndQuery : url.Authority;

    private void PublishMerged()
    {
        lock (_publishing)
        {
            if (_isDisposed || Targets is null)
            {
                return;
            }

            var leased = LeaseBuffers();
            var next = MergedExposition.MergeSources(leased, _mayOverlap);
            foreach (var (_, buffer) in leased)
            {
                buffer.ReleaseLease();
            }

            var last = _merged;
            _merged = next;
            last.ReleaseLease();
            ReportConflicts(next.Conflicts);
        }
    }

    // The reports come first, so that no series of a target takes precedence over them.
    private List<(string Target, ScrapeBuffer Buffer)> LeaseBuffers()
    {
        var leased = new List<(string Target, ScrapeBuffer Buffer)>();
        foreach (var target in Targets)
        {
            lock (target.StateLock)
            {
                AddLease(target.Name, target.Report);
            }
        }

        foreach (var target in Targets)
        {
            lock (target.StateLock)
            {
                if (target.Samples is { } samples)
                {
                    AddLease(target.Name, samples);
                }
            }
        }

        return leased;

        void AddLease(string name, ScrapeBuffer buffer)
        {
            if (buffer.TryLease())
            {
                leased.Add((name, buffer));
            }
        }
    }

    private void ReportConflicts(IReadOnlyList<MergeConflict> conflicts)
    {
        if (conflicts.Count == 0)
        {
            _problems.Clear("merge");
            return;
        }

        _metrics.RecordConflicts(conflicts.Sum(conflict => conflict.Samples));
        var first = conflicts[0];
        _problems.Report("merge",
            $"{conflicts.Count} families are omitted; {first.Family} of {first.Target} {first.Reason}.",
            "Rename the family at one of the targets.");
    }
}
