namespace TlsProxy.Upstream;

/// <summary>
/// Whether the application responds. In a terminating Pod it stops before the proxy, and after a crash it restarts within seconds: in
/// both cases a failed connection is temporary (503), and a client may retry. An application that has been unavailable for longer, or that
/// never started, is a bad gateway (502).
/// </summary>
internal sealed class UpstreamHealth(UpstreamOptions options, Readiness readiness, TimeProvider time)
{
    private long _lastResponse;

    /// <summary>Timestamp of the last response; 0 when there was none.</summary>
    public long LastResponse => Volatile.Read(ref _lastResponse);

    public string? LastError { get; private set; }

    public DateTimeOffset? LastErrorAt { get; private set; }

    /// <summary>Whether a connection that fails now will probably succeed again soon.</summary>
    public bool IsFailureTemporary =>
        readiness.IsStopping
        || (LastResponse is var last && last != 0 && time.GetElapsedTime(last).TotalSeconds <= options.GoneAfterSeconds);

    /// <summary>Records a response with any status code.</summary>
    public void RecordResponse() => Volatile.Write(ref _lastResponse, time.GetTimestamp());

    public void RecordFailure(string reason) => (LastError, LastErrorAt) = (reason, time.GetUtcNow());
}
