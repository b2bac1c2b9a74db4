using Lab.Objects;

namespace Lab.Pods;

/// <summary>One probe of one run of a container: when it runs next, and the result of its runs so far.</summary>
internal sealed class ProbeTracker
{
    private TimeSpan? _eagerInterval;
    private TimeSpan _nextPeriodAt;
    private TimeSpan? _extraProbeAt;
    private TimeSpan _startedAt;
    private bool _isRunning;
    private bool _failureCounts;
    private int _successes;
    private int _failures;

    public ProbeTracker(ProbeKind kind, Probe probe, TimeSpan firstProbeAt, TimeSpan? eagerInterval)
    {
        Kind = kind;
        Probe = probe;
        _nextPeriodAt = firstProbeAt;
        _eagerInterval = eagerInterval;
    }

    public ProbeKind Kind { get; }

    public Probe Probe { get; }

    /// <summary>Null until a threshold was reached for the first time.</summary>
    public bool? Result { get; private set; }

    /// <summary>When the probe runs next; null while it is running.</summary>
    public TimeSpan? NextProbeAt => _isRunning ? null : _extraProbeAt is { } extra && extra < _nextPeriodAt ? extra : _nextPeriodAt;

    /// <summary>Starts a run if one is due.</summary>
    public bool TryStartProbe(TimeSpan now)
    {
        if (NextProbeAt is not { } next || next > now)
        {
            return false;
        }

        _isRunning = true;
        _startedAt = now;
        _failureCounts = _nextPeriodAt <= now;
        _extraProbeAt = null;
        if (_failureCounts)
        {
            _nextPeriodAt += TimeSpan.FromSeconds(Probe.PeriodSeconds);
        }

        return true;
    }

    /// <summary>Ends the current run.</summary>
    /// <returns>Whether the run counts: the failure of an additional run does not.</returns>
    public bool RecordResult(bool success, TimeSpan now)
    {
        _isRunning = false;
        if (_nextPeriodAt < now)
        {
            _nextPeriodAt = now;
        }

        if (success)
        {
            _failures = 0;
            if (++_successes >= Probe.SuccessThreshold)
            {
                Result = true;
            }
        }

        ScheduleExtraProbe(now);
        if (success)
        {
            return true;
        }

        if (_failureCounts)
        {
            _successes = 0;
            if (++_failures >= Probe.FailureThreshold)
            {
                Result = false;
            }
        }

        return _failureCounts;
    }

    private void ScheduleExtraProbe(TimeSpan now)
    {
        if (Result is true)
        {
            _eagerInterval = null;
        }
        else if (_eagerInterval is { } interval)
        {
            // A slow probe (an exec probe starts a process) does not run more often than it can finish.
            var pause = (now - _startedAt) * 2;
            _extraProbeAt = now + (pause > interval ? pause : interval);
        }
    }
}
