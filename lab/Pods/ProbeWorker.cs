using Lab.Objects;

namespace Lab.Pods;

/// <summary>One probe of one run of a container: when to look next, and what the looks so far amount to.</summary>
internal sealed class ProbeWorker
{
    private TimeSpan? _eager;
    private TimeSpan _nextPeriod;
    private TimeSpan? _extraLook;
    private TimeSpan _lookStarted;
    private bool _lookCounts;
    private int _successes;
    private int _failures;

    public ProbeWorker(ProbeKind kind, Probe probe, TimeSpan firstLook, TimeSpan? eager)
    {
        Kind = kind;
        Probe = probe;
        _nextPeriod = firstLook;
        _eager = eager;
    }

    public ProbeKind Kind { get; }

    public Probe Probe { get; }

    public bool Looking { get; private set; }

    /// <summary>Null until a threshold was reached for the first time.</summary>
    public bool? Result { get; private set; }

    public int Failures => _failures;

    public TimeSpan? Due => Looking ? null : _extraLook is { } extra && extra < _nextPeriod ? extra : _nextPeriod;

    public bool BeginLook(TimeSpan now)
    {
        if (Due is not { } due || due > now)
        {
            return false;
        }

        Looking = true;
        _lookStarted = now;
        _lookCounts = _nextPeriod <= now;
        _extraLook = null;
        if (_lookCounts)
        {
            _nextPeriod += TimeSpan.FromSeconds(Probe.PeriodSeconds);
        }

        return true;
    }

    /// <returns>Whether the look counts: an extra look that fails tells nothing.</returns>
    public bool EndLook(bool success, TimeSpan now)
    {
        Looking = false;
        if (_nextPeriod < now)
        {
            _nextPeriod = now;
        }

        if (success)
        {
            _failures = 0;
            if (++_successes >= Probe.SuccessThreshold)
            {
                Result = true;
            }
        }

        if (Result is true)
        {
            _eager = null;
        }
        else if (_eager is { } eager)
        {
            // A look that is itself expensive (a process for an exec probe) is not repeated faster than it takes.
            var pause = (now - _lookStarted) * 2;
            _extraLook = now + (pause > eager ? pause : eager);
        }

        if (success)
        {
            return true;
        }

        if (_lookCounts)
        {
            _successes = 0;
            if (++_failures >= Probe.FailureThreshold)
            {
                Result = false;
            }
        }

        return _lookCounts;
    }
}
