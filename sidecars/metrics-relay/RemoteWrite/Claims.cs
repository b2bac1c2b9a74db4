using MetricsRelay.Exposition;

namespace MetricsRelay.RemoteWrite;

/// <summary>
/// Whose a series is that several targets may have: the one's that is listed first among those that have it now. A
/// receiver takes each series from one source only, or its samples would not be in the order of their times.
/// </summary>
internal sealed class Claims
{
    private const int Forgettable = 4096;

    private readonly Dictionary<(ulong, ulong), (TargetSeries? Owner, int Order, long Time)> _claims = [];
    private int _released;

    /// <summary>Claims a series for a sample of this time.</summary>
    /// <returns>False when it is another's, or when another has sent a newer sample of it.</returns>
    public bool Claim(ReadOnlySpan<byte> labels, TargetSeries by, int order, long time)
    {
        var key = Hash.Wide(labels);
        if (_claims.TryGetValue(key, out var claim))
        {
            if (claim.Owner != by && (claim.Order < order || claim.Time >= time))
            {
                return false;
            }

            _released -= claim.Owner is null ? 1 : 0;
        }

        _claims[key] = (by, order, time);
        return true;
    }

    /// <summary>Lets a series go that ends at this time: until then nobody else may have it.</summary>
    /// <returns>False when it is another's, and so does not end.</returns>
    public bool Release(ReadOnlySpan<byte> labels, TargetSeries by, long time)
    {
        var key = Hash.Wide(labels);
        if (!_claims.TryGetValue(key, out var claim) || claim.Owner != by)
        {
            return false;
        }

        if (++_released > Forgettable)
        {
            foreach (var (old, _) in _claims.Where(c => c.Value.Owner is null && c.Value.Time < time).ToList())
            {
                _claims.Remove(old);
            }

            _released = 1;
        }

        _claims[key] = (null, int.MaxValue, time);
        return true;
    }
}
