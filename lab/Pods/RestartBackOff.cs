namespace Lab.Pods;

/// <summary>
/// The delay before a container restarts: none before the first restart, then 10 s, 20 s, … up to 5 min. Reset after a run of more
/// than 10 minutes.
/// </summary>
internal sealed class RestartBackOff(PodTiming timing)
{
    private TimeSpan? _delay;
    private TimeSpan _restartedAt;

    /// <summary>The delay after a run that ended at <paramref name="finishedAt"/>.</summary>
    public TimeSpan GetDelay(TimeSpan finishedAt)
    {
        if (_delay is not null && finishedAt - _restartedAt > timing.BackOffResetAfter)
        {
            _delay = null;
        }

        return _delay ?? TimeSpan.Zero;
    }

    /// <summary>Doubles the delay for the next restart.</summary>
    public void RecordRestart(TimeSpan now)
    {
        var doubled = _delay is { } delay ? delay * 2 : timing.FirstBackOff;
        _delay = doubled < timing.MaxBackOff ? doubled : timing.MaxBackOff;
        _restartedAt = now;
    }
}
