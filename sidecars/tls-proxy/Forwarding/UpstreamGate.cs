using TlsProxy.Metrics;
using TlsProxy.Requests;
using TlsProxy.Upstream;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Forwarding;

/// <summary>The common steps of every forwarded request: the limit of requests in flight, the egress token, and error responses.</summary>
internal sealed class UpstreamGate(UpstreamErrors errors, EgressToken token, ProxyMetrics metrics, LimitsOptions limits, TimeProvider time)
{
    private int _inFlight;

    public async Task ForwardWithinLimitAsync(HttpContext context, RequestState state, ForwardDelegate forward)
    {
        if (Interlocked.Increment(ref _inFlight) > limits.RequestsInFlight)
        {
            Interlocked.Decrement(ref _inFlight);
            await errors.RespondOverloadedAsync(context);
            return;
        }

        metrics.UpstreamRequestStarted();
        try
        {
            state.UpstreamStarted = time.GetTimestamp();
            token.AddToken(context.Request, state.EgressToken);
            await forward(context, state);
            if (state.Failure is { Error: not ForwarderError.None } failure)
            {
                await errors.RespondToFailureAsync(context, failure.Error, failure.Exception);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
            metrics.UpstreamRequestEnded();
        }
    }
}
