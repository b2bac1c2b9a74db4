namespace ConfigReloader.Targets;

/// <summary>Time to wait before attempt after attempt: doubled each time, with a fifth of jitter so that Pods do not march in step.</summary>
/// <param name="first">Before the second attempt.</param>
/// <param name="most">Never longer.</param>
/// <param name="random">A number in [0, 1).</param>
internal sealed class Backoff(TimeSpan first, TimeSpan most, Func<double> random)
{
    private TimeSpan? _last;

    /// <summary>The wait after one more failure.</summary>
    public TimeSpan Next()
    {
        var wait = _last is not { } last ? first : last > most / 2 ? most : last * 2;
        _last = wait < most ? wait : most;
        return _last.Value * (0.8 + (0.4 * random()));
    }

    /// <summary>Begins anew.</summary>
    public void Reset() => _last = null;
}
