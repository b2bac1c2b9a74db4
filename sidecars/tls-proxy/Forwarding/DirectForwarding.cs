using TlsProxy.Requests;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Forwarding;

/// <summary>
/// The default route: everything goes to the one application. It uses YARP's forwarder without YARP's pipeline of
/// routes, clusters and policies, which the same speed costs 30 MB less.
/// </summary>
internal sealed class DirectForwarding(
    IHttpForwarder forwarder,
    UpstreamClient upstream,
    ExchangeTransformer transformer,
    UpstreamErrors errors,
    ProxyMetrics metrics,
    TlsProxyOptions options,
    TimeProvider time)
{
    private int _inFlight;

    public async Task ForwardAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _inFlight) > options.Limits.RequestsInFlight)
        {
            Interlocked.Decrement(ref _inFlight);
            await errors.OverloadedAsync(context);
            return;
        }

        metrics.UpstreamStarted();
        try
        {
            Exchange.Of(context).UpstreamStarted = time.GetTimestamp();
            var error = await forwarder.SendAsync(context, upstream.Address, upstream.Http, upstream.Request, transformer);
            if (error != ForwarderError.None)
            {
                await errors.AnswerAsync(context, error, context.Features.Get<IForwarderErrorFeature>()?.Exception);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
            metrics.UpstreamEnded();
        }
    }
}
