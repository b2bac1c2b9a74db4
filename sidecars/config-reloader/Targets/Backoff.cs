namespace ConfigReloader.Targets;

/// <summary>
/// Delay between attempts: doubled each time, with 20 % jitter so that the replicas of a workload do not all retry at the same time.
/// </summary>
/// <param name="first">Delay before the second attempt.</param>
/// <param name="maximum">Upper limit, before jitter.</param>
/// <param name="random">Returns a number in [0, 1).</param>
internal sealed class Backoff(TimeSpan first, TimeSpan maximum, Func<double> random)
{
    private TimeSpan? _last;

    /// <summary>The delay after one more failure.</summary>
    public TimeSpan NextDelay()
    {
        var delay = _last is not { } last ? first : last > maximum / 2 ? maximum : last * 2;
        _last = delay < maximum ? delay : maximum;
        return _last.Value * (0.8 + (0.4 * random()));
    }

    /// <summary>Starts again with the first delay.</summary>
    public void ResetDelay() => _last = null;
}
