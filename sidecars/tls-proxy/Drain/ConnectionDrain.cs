using Microsoft.AspNetCore.Connections.Features;

namespace TlsProxy.Drain;

/// <summary>
/// Moves clients to other Pods between SIGTERM and the closing of the listeners, one response at a time: <c>Connection: close</c> on
/// HTTP/1.1, GOAWAY on HTTP/2. When the listeners close, no busy connection is left whose next request could be lost. The share of
/// responses that close grows over the delay, so clients whose load balancer has not noticed yet do not all reconnect at once.
/// </summary>
internal sealed class ConnectionDrain(
    Readiness readiness, IHostApplicationLifetime lifetime, ContainerOptions.ShutdownOptions shutdown, TimeProvider time)
{
    /// <summary>After this part of the delay, every response closes its connection.</summary>
    private const double FullClosePart = 0.6;

    /// <summary>Timestamp of the first response after SIGTERM; 0 before.</summary>
    private long _started;

    public bool IsDraining => readiness.IsStopping;

    /// <summary>Called when a response is about to start; may close the connection after it.</summary>
    public void OnResponseStarting(HttpContext context)
    {
        if (!readiness.IsStopping)
        {
            return;
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            CloseAfterResponse(context);
            return;
        }

        if (HttpProtocol.IsHttp2(context.Request.Protocol)
            && context.Features.Get<IConnectionLifetimeNotificationFeature>() is DelayedConnectionClose { IsOpenedInDrain: true })
        {
            // A client sends a request again after a GOAWAY, but only a few times (.NET: three). It receives one on its old connection
            // and one when the listeners close; a connection opened in between gets no further one.
            return;
        }

        var now = time.GetTimestamp();
        var earlier = Interlocked.CompareExchange(ref _started, now, 0);
        var elapsed = time.GetElapsedTime(earlier == 0 ? now : earlier, now).TotalSeconds;
        var fullCloseSeconds = shutdown.DelaySeconds * FullClosePart;
        if (elapsed >= fullCloseSeconds || Random.Shared.NextDouble() < elapsed / fullCloseSeconds)
        {
            CloseAfterResponse(context);
        }
    }

    private static void CloseAfterResponse(HttpContext context)
    {
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
        else
        {
            context.Response.Headers.Connection = "close";
        }
    }
}
