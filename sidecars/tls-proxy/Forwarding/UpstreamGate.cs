using TlsProxy.Requests;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Forwarding;

/// <summary>What every request to the application passes: the limit of those in flight, and in the end the answer to a failure.</summary>
internal sealed class UpstreamGate(UpstreamErrors errors, EgressToken token, ProxyMetrics metrics, TlsProxyOptions options, TimeProvider time)
{
    private int _inFlight;

    public async Task PassAsync(HttpContext context, Exchange exchange, ForwardDelegate forward)
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
            exchange.UpstreamStarted = time.GetTimestamp();
            token.Apply(context.Request, exchange.Token);
            await forward(context, exchange);
            if (exchange.Failure is { Error: not ForwarderError.None } failed)
            {
                await errors.AnswerAsync(context, failed.Error, failed.Exception);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
            metrics.UpstreamEnded();
        }
    }
}
