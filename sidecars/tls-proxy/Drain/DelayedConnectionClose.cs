using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace TlsProxy.Drain;

/// <summary>
/// Keeps an idle connection open for a short time after Kestrel stops. Kestrel would close it immediately, while the client's next
/// request may be on its way. A request that still arrives is served, and its response carries <c>Connection: close</c> or a GOAWAY.
/// HTTP/2 would be safe without this, because GOAWAY names the processed streams, but clients retry only a few times, and each new
/// connection would receive another GOAWAY.
/// </summary>
internal sealed class DelayedConnectionClose : IConnectionLifetimeNotificationFeature, IDisposable
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _closing;
    private readonly CancellationTokenRegistration _registration;

    private DelayedConnectionClose(IConnectionLifetimeNotificationFeature kestrel, bool isOpenedInDrain, TimeSpan delay, TimeProvider time)
    {
        IsOpenedInDrain = isOpenedInDrain;
        _closing = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        ConnectionClosedRequested = _closing.Token;
        _registration = kestrel.ConnectionClosedRequested.UnsafeRegister(_ => _closing.CancelAfter(delay), null);
    }

    public CancellationToken ConnectionClosedRequested { get; set; }

    /// <summary>The connection was opened after SIGTERM.</summary>
    public bool IsOpenedInDrain { get; }

    /// <summary>Replaces Kestrel's feature of a connection.</summary>
    /// <returns>Dispose of it together with the connection; null when the connection has no such feature.</returns>
    public static DelayedConnectionClose? AttachTo(
        ConnectionContext connection, bool isOpenedInDrain, ContainerOptions.ShutdownOptions shutdown, TimeProvider time)
    {
        if (connection.Features.Get<IConnectionLifetimeNotificationFeature>() is not { } kestrel)
        {
            return null;
        }

        var half = TimeSpan.FromSeconds((shutdown.GraceSeconds - shutdown.DelaySeconds) / 2.0);
        var close = new DelayedConnectionClose(kestrel, isOpenedInDrain, half < LongestDelay ? half : LongestDelay, time);
        connection.Features.Set<IConnectionLifetimeNotificationFeature>(close);
        return close;
    }

    public void RequestClose() => _closing.Cancel();

    public void Dispose()
    {
        _registration.Dispose();
        _closing.Dispose();
    }
}
