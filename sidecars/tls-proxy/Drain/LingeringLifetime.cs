using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace TlsProxy.Drain;

/// <summary>
/// Stands between Kestrel, which closes idle connections the moment it stops, and a client whose next request is on the
/// wire at that moment: the connection stays for a little longer, and a request that still comes is answered, with
/// <c>Connection: close</c> or a GOAWAY after it. HTTP/2 could do without, since GOAWAY says which streams were taken; but
/// clients try again only a few times, and each new connection of theirs would meet another GOAWAY.
/// </summary>
internal sealed class LingeringLifetime : IConnectionLifetimeNotificationFeature, IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _closing;
    private readonly CancellationTokenRegistration _registration;

    private LingeringLifetime(IConnectionLifetimeNotificationFeature kestrel, bool openedInDrain, TimeSpan linger, TimeProvider time)
    {
        OpenedInDrain = openedInDrain;
        _closing = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        ConnectionClosedRequested = _closing.Token;
        _registration = kestrel.ConnectionClosedRequested.UnsafeRegister(_ => _closing.CancelAfter(linger), null);
    }

    public CancellationToken ConnectionClosedRequested { get; set; }

    /// <summary>The client came, or came again, after SIGTERM.</summary>
    public bool OpenedInDrain { get; }

    /// <summary>Lets the connection linger; to be disposed with it. Null where there is nothing to stand before.</summary>
    public static LingeringLifetime? Attach(ConnectionContext connection, bool openedInDrain, TlsProxyOptions options, TimeProvider time)
    {
        if (connection.Features.Get<IConnectionLifetimeNotificationFeature>() is not { } kestrel)
        {
            return null;
        }

        var half = TimeSpan.FromSeconds((options.Shutdown.GraceSeconds - options.Shutdown.DelaySeconds) / 2.0);
        var lifetime = new LingeringLifetime(kestrel, openedInDrain, half < Longest ? half : Longest, time);
        connection.Features.Set<IConnectionLifetimeNotificationFeature>(lifetime);
        return lifetime;
    }

    public void RequestClose() => _closing.Cancel();

    public void Dispose()
    {
        _registration.Dispose();
        _closing.Dispose();
    }
}
