using MetricsRelay.Exposition;

namespace MetricsRelay.Merge;

/// <summary>
/// What all targets say, family by family, as of one moment: what is served, federated and forwarded. It never changes;
/// a new scrape makes a new one. Whoever reads takes a lease (<see cref="TryLease"/>) and gives it back, since the
/// samples' arrays are used again afterwards.
/// </summary>
internal sealed class MergedExposition
{
    private readonly IReadOnlyList<Snapshot> _snapshots;
    private int _leases = 1;

    private MergedExposition(
        IReadOnlyList<Snapshot> snapshots, IReadOnlyList<MergedFamily> families, IReadOnlyList<MergeConflict> conflicts)
    {
        (_snapshots, Families, Conflicts) = (snapshots, families, conflicts);
    }

    public IReadOnlyList<MergedFamily> Families { get; }

    public IReadOnlyList<MergeConflict> Conflicts { get; }

    /// <summary>Merges, taking a lease on each snapshot.</summary>
    /// <param name="sources">The targets' names and last snapshots, in the order of the configuration.</param>
    /// <param name="mayOverlap">Whether two targets may have the same series: then the first one's is kept.</param>
    public static MergedExposition Of(IReadOnlyList<(string Target, Snapshot Snapshot)> sources, bool mayOverlap = false)
    {
        var families = new List<MergedFamily>();
        var byName = new Dictionary<string, MergedFamily>(StringComparer.Ordinal);
        var claims = new Dictionary<string, MergedFamily>(StringComparer.Ordinal);
        var conflicts = new List<MergeConflict>();
        foreach (var (target, snapshot) in sources)
        {
            if (!snapshot.TryLease())
            {
                throw new InvalidOperationException("A snapshot that is still in use was freed.");
            }

            foreach (ref readonly var span in snapshot.Families)
            {
                var family = span.Family;
                if (byName.TryGetValue(family.TextName, out var merged))
                {
                    if (!merged.TryAdd(snapshot, span))
                    {
                        conflicts.Add(new MergeConflict(target, family.TextName,
                            $"is a {ExpositionParser.TypeName(family.Type)} here and a {ExpositionParser.TypeName(merged.Type)} at an earlier target", span.Count));
                    }

                    continue;
                }

                if (Taken(family, claims) is { } taken)
                {
                    conflicts.Add(new MergeConflict(target, family.TextName,
                        $"uses the name {taken.Sample}, which belongs to {taken.Family} at an earlier target", span.Count));
                    continue;
                }

                merged = new MergedFamily(family.TextName, family.Type, family.Help, family.Unit, span.Traits);
                merged.Parts.Add(new MergedPart(snapshot, span.Start, span.Count));
                families.Add(merged);
                byName.Add(merged.Name, merged);
                foreach (var claim in family.TextClaims)
                {
                    claims[claim] = merged;
                }
            }
        }

        if (mayOverlap)
        {
            foreach (var family in families.Where(f => f.Parts.Count > 1))
            {
                var lost = Overlap.Remove(family.Parts);
                if (lost > 0)
                {
                    conflicts.Add(new MergeConflict("", family.Name, "has series that an earlier target has too", lost));
                }
            }
        }

        return new MergedExposition([.. sources.Select(s => s.Snapshot)], families, conflicts);
    }

    /// <returns>False when it was replaced and freed meanwhile: take the current one anew.</returns>
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

    public void Release()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
        {
            foreach (var snapshot in _snapshots)
            {
                snapshot.Release();
            }
        }
    }

    private static (string Sample, string Family)? Taken(Family family, Dictionary<string, MergedFamily> claims)
    {
        foreach (var claim in family.TextClaims)
        {
            if (claims.TryGetValue(claim, out var owner))
            {
                return (claim, owner.Name);
            }
        }

        return null;
    }
}
