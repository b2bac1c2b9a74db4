namespace TlsProxy.Http1Upstream;

/// <summary>
/// The time by which the next byte has to move on a connection, and the reason why the connection was cut off. One atomic field
/// holds both: a positive timestamp while a request is active, zero while idle, a negative reason after the cut.
/// </summary>
internal sealed class ActivityDeadline
{
    private const long Idle = 0;
    private const long TimedOut = -1;
    private const long ClientGone = -2;
    private const long ResponseComplete = -3;

    private readonly TimeProvider _time;
    private readonly long _timeout;
    private readonly Action _cutOff;
    private long _state;

    /// <param name="time">The clock.</param>
    /// <param name="timeout">The longest time without a byte while a request is active.</param>
    /// <param name="cutOff">Called once when the connection is cut off.</param>
    public ActivityDeadline(TimeProvider time, TimeSpan timeout, Action cutOff)
    {
        (_time, _cutOff) = (time, cutOff);
        _timeout = (long)(timeout.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>No byte was transferred for too long.</summary>
    public bool IsTimedOut => Volatile.Read(ref _state) == TimedOut;

    /// <summary>The client closed its connection.</summary>
    public bool IsClientGone => Volatile.Read(ref _state) == ClientGone;

    /// <summary>The connection was cut off, for any reason.</summary>
    public bool IsCutOff => Volatile.Read(ref _state) < Idle;

    public void StartRequest() => Interlocked.Exchange(ref _state, _time.GetTimestamp() + _timeout);

    /// <returns>False when the connection was cut off during the request.</returns>
    public bool StopRequest() => Interlocked.Exchange(ref _state, Idle) > Idle;

    /// <summary>A byte moved in either direction: the timeout starts again.</summary>
    public void ExtendDeadline()
    {
        if (Volatile.Read(ref _state) is var deadline && deadline > Idle)
        {
            // A failed exchange means that the connection was cut off, or that the other direction extended the deadline.
            Interlocked.CompareExchange(ref _state, _time.GetTimestamp() + _timeout, deadline);
        }
    }

    /// <summary>Whether a request is active and the deadline has passed.</summary>
    public bool IsExpired(long now) => Volatile.Read(ref _state) is var deadline && deadline > Idle && deadline < now;

    public void CutOffIfExpired(long now)
    {
        if (Volatile.Read(ref _state) is var deadline && deadline > Idle && deadline < now)
        {
            TryCutOff(deadline, TimedOut);
        }
    }

    public void CutOffForGoneClient() => CutOff(ClientGone);

    /// <summary>Stops an upload whose response is already complete.</summary>
    public void CutOffAfterResponse() => CutOff(ResponseComplete);

    private void CutOff(long reason)
    {
        while (Volatile.Read(ref _state) is var deadline && deadline > Idle && !TryCutOff(deadline, reason))
        {
            // Another thread extended the deadline between the read and the exchange.
        }
    }

    private bool TryCutOff(long deadline, long reason)
    {
        if (Interlocked.CompareExchange(ref _state, reason, deadline) != deadline)
        {
            return false;
        }

        _cutOff();
        return true;
    }
}
