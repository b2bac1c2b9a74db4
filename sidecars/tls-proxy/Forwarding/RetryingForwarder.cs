using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Metrics;
using TlsProxy.Requests;
using TlsProxy.Retries;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace TlsProxy.Forwarding;

/// <summary>Sends a failed request again, to another destination if there is one, within the route's budget.</summary>
internal sealed class RetryingForwarder(ProxyMetrics metrics, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);

    /// <summary>
    /// Forwards to the application of <c>Upstream:Url</c>. There is no other destination, so retries have to be configured.
    /// </summary>
    public Task ForwardToApplicationAsync(HttpContext context, RequestState state, RetryPolicy policy, ForwardDelegate send) =>
        policy is { IsExplicit: true, Attempts: > 0 } && !IsUpgrade(context)
            ? ForwardWithRetriesAsync(context, state, policy, send, destinations: null)
            : send(context, state);

    /// <summary>Forwards to a destination of a cluster, which <paramref name="balance"/> selects.</summary>
    public Task ForwardToClusterAsync(HttpContext context, RequestState state, RetryPolicy policy, ForwardDelegate balance)
    {
        var destinations = context.Features.GetRequiredFeature<IReverseProxyFeature>().AvailableDestinations;
        return policy.Attempts > 0 && (policy.IsExplicit || destinations.Count > 1) && !IsUpgrade(context)
            ? ForwardWithRetriesAsync(context, state, policy, balance, destinations)
            : balance(context, state);
    }

    /// <summary>Whether the request asks for a tunnel, such as a WebSocket.</summary>
    public static bool IsUpgrade(HttpContext context) =>
        context.Request.Headers.Upgrade.Count > 0
        || (HttpMethods.IsConnect(context.Request.Method)
            && context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true });

    private async Task ForwardWithRetriesAsync(
        HttpContext context, RequestState state, RetryPolicy policy, ForwardDelegate send, IReadOnlyList<DestinationState>? destinations)
    {
        var retry = state.Retry = new RetryState(context, policy, metrics);
        policy.Budget.AddRequest();
        var tried = new List<DestinationState>();
        while (true)
        {
            state.Attempts++;
            await send(context, state);
            if (!retry.IsResponseDiscarded && !retry.ShouldRetryFailure(context, state.Failure))
            {
                return;
            }

            retry.IsResponseDiscarded = false;
            context.Response.Clear();
            state.Failure = null;
            context.Features.Set<IForwarderErrorFeature>(null);
            if (!SelectUntriedDestinations(context, destinations, tried))
            {
                // The same destination again. Half of the pause is random, so that failed requests do not return at the same time.
                var pause = FirstPause * (1 << (state.Attempts - 1)) * (0.5 + (Random.Shared.NextDouble() / 2));
                await Task.Delay(pause, time, context.RequestAborted);
            }
        }
    }

    /// <summary>Excludes the tried destinations, as long as there are others.</summary>
    /// <returns>Whether an untried destination is left.</returns>
    private static bool SelectUntriedDestinations(
        HttpContext context, IReadOnlyList<DestinationState>? destinations, List<DestinationState> tried)
    {
        if (destinations is null)
        {
            return false;
        }

        var proxy = context.Features.GetRequiredFeature<IReverseProxyFeature>();
        if (proxy.ProxiedDestination is { } last)
        {
            tried.Add(last);
        }

        proxy.ProxiedDestination = null;
        var untried = destinations.Where(d => !tried.Contains(d)).ToList();
        proxy.AvailableDestinations = untried.Count > 0 ? untried : destinations;
        return untried.Count > 0;
    }
}
