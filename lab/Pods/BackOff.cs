namespace Lab.Pods;

/// <summary>How long a crashed container waits: the first restart is at once, then 10 s, 20 s … 5 min; forgotten after 10 min of health.</summary>
internal sealed class BackOff(PodTiming timing)
{
    private TimeSpan? _delay;
    private TimeSpan _restartedAt;

    /// <summary>The wait after a run that ended at <paramref name="finishedAt"/>.</summary>
    public TimeSpan After(TimeSpan finishedAt)
    {
        if (_delay is not null && finishedAt - _restartedAt > timing.BackOffForgottenAfter)
        {
            _delay = null;
        }

        return _delay ?? TimeSpan.Zero;
    }

    public void Restarted(TimeSpan now)
    {
        var doubled = _delay is { } delay ? delay * 2 : timing.FirstBackOff;
        _delay = doubled < timing.MaxBackOff ? doubled : timing.MaxBackOff;
        _restartedAt = now;
    }
}
