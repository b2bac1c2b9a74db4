using MetricsRelay.Storage;

namespace MetricsRelay.Forwarding.RemoteWrite;

/// <summary>
/// Decides which target's samples are sent for a series that several targets have: those of the first listed target that currently has
/// it. Otherwise a receiver would get samples of one series from two sources, out of order.
/// </summary>
internal sealed class SeriesOwnership
{
    private const int MaxReleased = 4096;

    private readonly Dictionary<(ulong, ulong), (SourceSeriesTracker? Owner, int Order, long Time)> _owners = [];
    private int _releasedCount;

    /// <summary>Acquires a series for a sample.</summary>
    /// <returns>False when another source owns it, or has sent a newer sample.</returns>
    public bool TryAcquire(ReadOnlySpan<byte> labels, SourceSeriesTracker source, int order, long time)
    {
        var key = SeededHash.ComputeHash128(labels);
        if (_owners.TryGetValue(key, out var current))
        {
            if (current.Owner != source && (current.Order < order || current.Time >= time))
            {
                return false;
            }

            _releasedCount -= current.Owner is null ? 1 : 0;
        }

        _owners[key] = (source, order, time);
        return true;
    }

    /// <summary>Releases a series that ends at this time. Another source may acquire it for a later sample.</summary>
    /// <returns>False when another source owns it, so that it does not end.</returns>
    public bool TryRelease(ReadOnlySpan<byte> labels, SourceSeriesTracker source, long time)
    {
        var key = SeededHash.ComputeHash128(labels);
        if (!_owners.TryGetValue(key, out var current) || current.Owner != source)
        {
            return false;
        }

        if (++_releasedCount > MaxReleased)
        {
            foreach (var (old, _) in _owners.Where(owner => owner.Value.Owner is null && owner.Value.Time < time).ToList())
            {
                _owners.Remove(old);
            }

            _releasedCount = 1;
        }

        _owners[key] = (null, int.MaxValue, time);
        return true;
    }
}
