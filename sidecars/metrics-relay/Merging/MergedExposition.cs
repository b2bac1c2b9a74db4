using MetricsRelay.Exposition;

namespace MetricsRelay.Merging;

/// <summary>
/// The families of all targets at one moment, for serving, federation and pushing. It never changes; each scrape creates a new one.
/// Readers take a lease with <see cref="TryLease"/> and return it with <see cref="ReleaseLease"/>, because the arrays of the samples
/// are reused afterwards.
/// </summary>
internal sealed class MergedExposition
{
    private readonly IReadOnlyList<ScrapeBuffer> _buffers;
    private int _leases = 1;

    private MergedExposition(
        IReadOnlyList<ScrapeBuffer> buffers, IReadOnlyList<MergedFamily> families, IReadOnlyList<MergeConflict> conflicts)
    {
        (_buffers, Families, Conflicts) = (buffers, families, conflicts);
    }

    public IReadOnlyList<MergedFamily> Families { get; }

    public IReadOnlyList<MergeConflict> Conflicts { get; }

    /// <summary>Merges the buffers and takes a lease on each.</summary>
    /// <param name="sources">The names and last buffers of the targets, in the order of the configuration.</param>
    /// <param name="mayOverlap">Whether two targets may have the same series. The series of the first target is kept.</param>
    public static MergedExposition MergeSources(IReadOnlyList<(string Target, ScrapeBuffer Buffer)> sources, bool mayOverlap = false)
    {
        var families = new List<MergedFamily>();
        var byName = new Dictionary<string, MergedFamily>(StringComparer.Ordinal);
        var reservedNames = new Dictionary<string, MergedFamily>(StringComparer.Ordinal);
        var conflicts = new List<MergeConflict>();
        foreach (var (target, buffer) in sources)
        {
            if (!buffer.TryLease())
            {
                throw new InvalidOperationException("A scrape buffer was released while it was still in use.");
            }

            foreach (ref readonly var span in buffer.Families)
            {
                var family = span.Family;
                if (byName.TryGetValue(family.TextName, out var merged))
                {
                    if (!merged.TryAddSamples(buffer, span))
                    {
                        var type = MetricTypeNames.GetOpenMetricsName(family.Type);
                        var other = MetricTypeNames.GetOpenMetricsName(merged.Type);
                        conflicts.Add(new MergeConflict(
                            target, family.TextName, $"is a {type} here and a {other} at an earlier target", span.Count));
                    }

                    continue;
                }

                if (FindNameConflict(family, reservedNames) is { } conflict)
                {
                    conflicts.Add(new MergeConflict(target, family.TextName,
                        $"uses the name {conflict.Sample}, which belongs to {conflict.Family} at an earlier target", span.Count));
                    continue;
                }

                merged = new MergedFamily(family.TextName, family.Type, family.Help, family.Unit, span.Traits);
                merged.Segments.Add(new MergedSegment(buffer, span.Start, span.Count));
                families.Add(merged);
                byName.Add(merged.Name, merged);
                foreach (var name in family.ReservedTextNames)
                {
                    reservedNames[name] = merged;
                }
            }
        }

        if (mayOverlap)
        {
            RemoveDuplicates(families, conflicts);
        }

        return new MergedExposition([.. sources.Select(source => source.Buffer)], families, conflicts);
    }

    /// <returns>False when it was replaced and released in the meantime: use the current one instead.</returns>
    public bool TryLease()
    {
        var leases = Volatile.Read(ref _leases);
        while (leases > 0)
        {
            var seen = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (seen == leases)
            {
                return true;
            }

            leases = seen;
        }

        return false;
    }

    public void ReleaseLease()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
        {
            foreach (var buffer in _buffers)
            {
                buffer.ReleaseLease();
            }
        }
    }

    private static void RemoveDuplicates(List<MergedFamily> families, List<MergeConflict> conflicts)
    {
        foreach (var family in families.Where(family => family.Segments.Count > 1))
        {
            var removed = DuplicateSeries.RemoveDuplicates(family.Segments);
            if (removed > 0)
            {
                conflicts.Add(new MergeConflict("", family.Name, "has series that an earlier target has too", removed));
            }
        }
    }

    private static (string Sample, string Family)? FindNameConflict(Family family, Dictionary<string, MergedFamily> reservedNames)
    {
        foreach (var name in family.ReservedTextNames)
        {
            if (reservedNames.TryGetValue(name, out var owner))
            {
                return (name, owner.Name);
            }
        }

        return null;
    }
}
