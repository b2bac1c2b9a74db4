using TlsProxy.Forwarding;
using TlsProxy.Mirroring;
using TlsProxy.Policies;
using TlsProxy.Requests;
using TlsProxy.Retries;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Routes;

/// <summary>The stages that a route's policy adds to YARP's pipeline.</summary>
internal sealed class RoutePipeline(
    RoutePolicies policies, Admission admission, UpstreamGate gate, Mirror mirror, Retrying retrying, IProxyStateLookup clusters, ProxyMetrics metrics)
{
    /// <summary>Before YARP chooses a destination: admission, the cluster, the limit of requests in flight, the copy.</summary>
    public async Task EnterAsync(HttpContext context, RequestDelegate next)
    {
        var policy = PolicyOf(context);
        var exchange = Exchange.Of(context);
        if (!policy.AdmitsEverybody && !await admission.AdmitAsync(context, exchange, policy))
        {
            return;
        }

        exchange.Token = policy.Token;
        if (policy.Canary is { } canary)
        {
            var route = context.GetReverseProxyFeature().Route.Config;
            // A canary without a destination that is well takes nothing.
            var takes = canary.Takes(context.Request);
            if (takes && clusters.TryGetCluster(canary.Cluster, out var cluster) && cluster.DestinationsState.AvailableDestinations.Count > 0)
            {
                context.ReassignProxyRequest(cluster);
                exchange.Cluster = canary.Cluster;
            }

            metrics.Canary(route.RouteId, exchange.Cluster ?? route.ClusterId ?? "");
        }

        var forward = Yarp(next);
        await gate.PassAsync(context, exchange, policy.Mirror is { } target && Chance.Hits(target.Share)
            ? (c, e) => mirror.PassAsync(c, e, target, forward)
            : forward);
    }

    /// <summary>Around the choice of a destination: another one, where the first is not there.</summary>
    public Task RetryAsync(HttpContext context, RequestDelegate next) => retrying.BalanceAsync(context, Exchange.Of(context), PolicyOf(context).Retry, Yarp(next));

    /// <summary>YARP's next stage, with its word about a failure put where everybody here looks for it.</summary>
    private static ForwardDelegate Yarp(RequestDelegate next) => async (context, exchange) =>
    {
        await next(context);
        exchange.Failure = context.Features.Get<IForwarderErrorFeature>();
    };

    private RoutePolicy PolicyOf(HttpContext context) => policies.Of(context.GetReverseProxyFeature().Route.Config);
}
