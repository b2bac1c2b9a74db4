namespace ConfigReloader.Targets;

/// <summary>The masks <c>SigBlk</c>, <c>SigIgn</c> and <c>SigCgt</c> of <c>/proc/PID/status</c>, see proc(5).</summary>
internal readonly record struct SignalMasks(ulong Blocked, ulong Ignored, ulong Caught)
{
    /// <summary>The process throws the signal away.</summary>
    public bool Ignores(ReloadSignal signal) => (Ignored & signal.Mask) != 0;

    /// <summary>The process has a handler, or blocks the signal to fetch it by <c>sigwait</c> or <c>signalfd</c>.</summary>
    public bool Expects(ReloadSignal signal) => ((Caught | Blocked) & signal.Mask) != 0;
}
