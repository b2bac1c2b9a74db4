using MetricsRelay.Exposition;
using MetricsRelay.Labels;
using MetricsRelay.Merge;
using MetricsRelay.Relabel;

namespace MetricsRelay.Scrape;

/// <summary>
/// The targets of one configuration and what they said last, merged: the one reference that readers take.
/// </summary>
internal sealed class Board : IDisposable
{
    private static readonly TimeSpan Impatience = TimeSpan.FromMilliseconds(250);

    private readonly Lock _publishing = new();
    private readonly ScrapeMetrics _metrics;
    private readonly Problems _problems;
    private readonly bool _mayOverlap;
    private volatile MergedExposition _merged;
    private bool _disposed;

    public Board(MetricsRelayOptions options, TimeProvider time, ScrapeMetrics metrics, Problems problems)
    {
        Options = options;
        _metrics = metrics;
        _problems = problems;
        var urls = options.Scrape.EffectiveTargets.Select(target => new Uri(target)).ToList();
        _mayOverlap = urls.Count > 1 && (options.Scrape.HonorLabels || options.Relabel.Count > 0);
        List<RelabelRule> rules = [.. options.Relabel.Select(rule => new RelabelRule(rule))];
        _merged = MergedExposition.Of([]);
        Targets = [.. urls.Select((url, i) => Make(url, NameOf(url, urls), i))];
        Publish();

        Target Make(Uri url, string name, int order)
        {
            var labels = new TargetLabels(
                urls.Count > 1 ? [new Label("instance", name)] : [], options.Scrape.HonorLabels, options.ExternalLabels, rules);
            return new Target(url, name, options.Scrape, labels, labels, time, metrics, problems, Publish)
            {
                Order = order,
                MayOverlap = _mayOverlap,
            };
        }
    }

    public MetricsRelayOptions Options { get; }

    public IReadOnlyList<Target> Targets { get; }

    /// <summary>Families that are left out at present, and why.</summary>
    public IReadOnlyList<MergeConflict> Conflicts => _merged.Conflicts;

    /// <summary>What all targets say. Release it after use.</summary>
    public MergedExposition Lease()
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
    /// Scrapes every target for somebody who waits for the answer, but waits only so long for a slow one, and hardly
    /// for one that is known to be down: what it said last, or that it is down, is then the answer.
    /// </summary>
    public async Task RefreshAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        var waits = new Task[Targets.Count];
        for (var i = 0; i < waits.Length; i++)
        {
            var target = Targets[i];
            var known = target.Last is { Up: false } && patience > Impatience;
            waits[i] = target.ScrapeAsync()
                .WaitAsync(known ? Impatience : patience, time, cancellationToken);
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
            _disposed = true;
            var last = _merged;
            _merged = MergedExposition.Of([]);
            last.Release();
        }
    }

    private static string NameOf(Uri url, List<Uri> all) =>
        all.Count(other => other.Authority == url.Authority) > 1 ? url.Authority + url.PathAndQuery : url.Authority;

    private void Publish()
    {
        lock (_publishing)
        {
            if (_disposed || Targets is null)
            {
                return;
            }

            var leased = new List<(string Target, Snapshot Snapshot)>();
            foreach (var target in Targets)
            {
                lock (target.StateLock)
                {
                    Take(target.Name, target.Report);
                }
            }

            foreach (var target in Targets)
            {
                lock (target.StateLock)
                {
                    if (target.Samples is { } samples)
                    {
                        Take(target.Name, samples);
                    }
                }
            }

            var next = MergedExposition.Of(leased, _mayOverlap);
            foreach (var (_, snapshot) in leased)
            {
                snapshot.Release();
            }

            var last = _merged;
            _merged = next;
            last.Release();
            Tell(next.Conflicts);

            void Take(string name, Snapshot snapshot)
            {
                if (snapshot.TryLease())
                {
                    leased.Add((name, snapshot));
                }
            }
        }
    }

    private void Tell(IReadOnlyList<MergeConflict> conflicts)
    {
        if (conflicts.Count == 0)
        {
            _problems.Clear("merge");
            return;
        }

        _metrics.Conflicted(conflicts.Sum(conflict => conflict.Samples));
        var first = conflicts[0];
        _problems.Report("merge",
            $"{conflicts.Count} families are left out; {first.Family} of {first.Target} {first.Reason}.",
            "Rename the family at one of the targets.");
    }
}
