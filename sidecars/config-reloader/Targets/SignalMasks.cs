namespace ConfigReloader.Targets;

/// <summary>The masks <c>SigBlk</c>, <c>SigIgn</c> and <c>SigCgt</c> of <c>/proc/PID/status</c>, see proc(5).</summary>
internal readonly record struct SignalMasks(ulong Blocked, ulong Ignored, ulong Caught)
{
    /// <summary>The process ignores the signal.</summary>
    public bool IgnoresSignal(ReloadSignal signal) => (Ignored & signal.Mask) != 0;

    /// <summary>The process has a handler, or blocks the signal in order to receive it with <c>sigwait</c> or <c>signalfd</c>.</summary>
    public bool HandlesSignal(ReloadSignal signal) => ((Caught | Blocked) & signal.Mask) != 0;
}
