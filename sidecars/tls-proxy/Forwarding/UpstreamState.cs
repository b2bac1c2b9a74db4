
namespace TlsProxy.Forwarding;

/// <summary>
/// Whether the application is there. In a Pod that ends it goes before the proxy does, and after a crash it comes back
/// within seconds: in both cases a refused connection means "again in a moment" (503), which a client may act on. An
/// application that is long gone, or never came, is a bad gateway (502).
/// </summary>
internal sealed class UpstreamState(TlsProxyOptions options, Readiness readiness, TimeProvider time)
{
    private long _lastReached;

    /// <summary>Timestamp of its last answer; 0 when it never gave one.</summary>
    public long LastReached => Volatile.Read(ref _lastReached);

    public string? LastError { get; private set; }

    public DateTimeOffset? LastErrorAt { get; private set; }

    /// <summary>It answered, with whatever status.</summary>
    public void Reached() => Volatile.Write(ref _lastReached, time.GetTimestamp());

    public void Failed(string reason) => (LastError, LastErrorAt) = (reason, time.GetUtcNow());

    /// <summary>A connection that is refused now is refused for the moment only.</summary>
    public bool IsComingOrGoing =>
        readiness.IsStopping
        || (LastReached is var last && last != 0 && time.GetElapsedTime(last).TotalSeconds <= options.Upstream.GoneAfterSeconds);
}
