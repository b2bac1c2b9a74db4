using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Forwarding;
using TlsProxy.Requests;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace TlsProxy.Retries;

/// <summary>Sends a request again, elsewhere if there is an elsewhere, within the route's budget.</summary>
internal sealed class Retrying(ProxyMetrics metrics, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);

    /// <summary>To the one application: there is no elsewhere, so only where it is asked for.</summary>
    public Task SendAsync(HttpContext context, Exchange exchange, RetryPolicy policy, ForwardDelegate send) =>
        policy is { IsExplicit: true, Attempts: > 0 } && !IsUpgrade(context)
            ? SendAsync(context, exchange, policy, send, destinations: null)
            : send(context, exchange);

    /// <summary>To one of a cluster's destinations, which <paramref name="balance"/> chooses.</summary>
    public Task BalanceAsync(HttpContext context, Exchange exchange, RetryPolicy policy, ForwardDelegate balance)
    {
        var destinations = context.Features.GetRequiredFeature<IReverseProxyFeature>().AvailableDestinations;
        return policy.Attempts > 0 && (policy.IsExplicit || destinations.Count > 1) && !IsUpgrade(context)
            ? SendAsync(context, exchange, policy, balance, destinations)
            : balance(context, exchange);
    }

    private async Task SendAsync(
        HttpContext context, Exchange exchange, RetryPolicy policy, ForwardDelegate send, IReadOnlyList<DestinationState>? destinations)
    {
        var state = exchange.Retry = new RetryState(context, policy, metrics);
        policy.Budget.Deposit();
        var tried = new List<DestinationState>();
        while (true)
        {
            exchange.Attempts++;
            await send(context, exchange);
            if (!state.IsAnswerPutAway && !state.WantsAnotherTry(context, exchange.Failure))
            {
                return;
            }

            state.IsAnswerPutAway = false;
            context.Response.Clear();
            exchange.Failure = null;
            context.Features.Set<IForwarderErrorFeature>(null);
            if (!GoElsewhere(context, destinations, tried))
            {
                // The same one again: half of the pause is chance, so that not all who failed come back together.
                await Task.Delay(FirstPause * (1 << (exchange.Attempts - 1)) * (0.5 + (Random.Shared.NextDouble() / 2)), time, context.RequestAborted);
            }
        }
    }

    /// <summary>Leaves out the destinations that were tried, while there are others.</summary>
    private static bool GoElsewhere(HttpContext context, IReadOnlyList<DestinationState>? destinations, List<DestinationState> tried)
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
        var others = destinations.Where(d => !tried.Contains(d)).ToList();
        proxy.AvailableDestinations = others.Count > 0 ? others : destinations;
        return others.Count > 0;
    }

    /// <summary>Whether it asks to become a tunnel, such as a WebSocket.</summary>
    public static bool IsUpgrade(HttpContext context) =>
        context.Request.Headers.Upgrade.Count > 0
        || (HttpMethods.IsConnect(context.Request.Method) && context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true });
}
