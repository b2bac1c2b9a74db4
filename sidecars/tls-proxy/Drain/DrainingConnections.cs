using Microsoft.AspNetCore.Connections.Features;

namespace TlsProxy.Drain;

/// <summary>
/// Between SIGTERM and the end of the listeners, sends clients elsewhere one answer at a time: <c>Connection: close</c>
/// on HTTP/1.1, GOAWAY on HTTP/2. When the listeners close, no busy connection is left whose next request could be lost.
/// The share of answers that say so grows over the delay, so that a load balancer that has not yet heard is not
/// answered with a storm of handshakes.
/// </summary>
internal sealed class DrainingConnections(Readiness readiness, IHostApplicationLifetime lifetime, TlsProxyOptions options, TimeProvider time)
{
    /// <summary>From this part of the delay on, every answer says it.</summary>
    private const double AllAfter = 0.6;

    /// <summary>Timestamp of the first answer after SIGTERM; 0 before.</summary>
    private long _since;

    public bool IsDraining => readiness.IsStopping;

    /// <summary>Called as an answer is about to start.</summary>
    public void Observe(HttpContext context)
    {
        if (!readiness.IsStopping)
        {
            return;
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            Close(context);
            return;
        }

        if (context.Features.Get<IConnectionLifetimeNotificationFeature>() is LingeringLifetime { OpenedInDrain: true } && HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            // A request that crosses a GOAWAY is sent again, but a client does so only a few times (.NET's three): it meets
            // one on the connection that it had, and one more when the listeners close.
            return;
        }

        var now = time.GetTimestamp();
        var since = Interlocked.CompareExchange(ref _since, now, 0) is var earlier && earlier == 0 ? now : earlier;
        var all = options.Shutdown.DelaySeconds * AllAfter;
        var elapsed = time.GetElapsedTime(since, now).TotalSeconds;
        if (elapsed >= all || Random.Shared.NextDouble() < elapsed / all)
        {
            Close(context);
        }
    }

    private static void Close(HttpContext context)
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
