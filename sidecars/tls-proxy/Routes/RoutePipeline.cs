using TlsProxy.Canary;
using TlsProxy.Forwarding;
using TlsProxy.Metadata;
using TlsProxy.Metrics;
using TlsProxy.Mirroring;
using TlsProxy.Policies;
using TlsProxy.Requests;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Routes;

/// <summary>The steps that a route's policy adds to YARP's pipeline.</summary>
internal sealed class RoutePipeline(
    RoutePolicies policies,
    AdmissionControl admission,
    UpstreamGate gate,
    RequestMirror mirror,
    RetryingForwarder retrying,
    IProxyStateLookup clusters,
    ProxyMetrics metrics)
{
    /// <summary>Runs before YARP selects a destination: admission, canary, the limit of requests in flight, mirroring.</summary>
    public async Task EnterRouteAsync(HttpContext context, RequestDelegate next)
    {
        var policy = GetPolicy(context);
        var state = RequestState.FromContext(context);
        if (!policy.HasNoAdmissionChecks && !await admission.AdmitRequestAsync(context, state, policy))
        {
            return;
        }

        state.EgressToken = policy.EgressToken;
        if (policy.Canary is { } canary)
        {
            SelectCluster(context, state, canary);
        }

        var forward = CreateForwardStep(next);
        await gate.ForwardWithinLimitAsync(context, state, policy.Mirror is { } target && RandomSampling.SelectsNext(target.Share)
            ? (c, s) => mirror.ForwardAndMirrorAsync(c, s, target, forward)
            : forward);
    }

    /// <summary>Runs around the selection of a destination: retries with another destination when the first one fails.</summary>
    public Task RetryDestinationsAsync(HttpContext context, RequestDelegate next) =>
        retrying.ForwardToClusterAsync(context, RequestState.FromContext(context), GetPolicy(context).Retry, CreateForwardStep(next));

    /// <summary>Exports the canary series of the configured routes as 0, before their first request.</summary>
    public void CreateCanarySeries(RouteTable table)
    {
        foreach (var route in table.Routes)
        {
            if (policies.GetPolicy(route).Canary is { } canary)
            {
                metrics.CreateCanarySeries(route.RouteId, canary.Cluster);
                metrics.CreateCanarySeries(route.RouteId, route.ClusterId ?? "");
            }
        }
    }

    private void SelectCluster(HttpContext context, RequestState state, CanarySplit canary)
    {
        var route = context.GetReverseProxyFeature().Route.Config;

        // A canary without a healthy destination receives no requests.
        if (canary.SelectsRequest(context.Request)
            && clusters.TryGetCluster(canary.Cluster, out var cluster)
            && cluster.DestinationsState.AvailableDestinations.Count > 0)
        {
            context.ReassignProxyRequest(cluster);
            state.Cluster = canary.Cluster;
        }

        metrics.CountCanaryRequest(route.RouteId, state.Cluster ?? route.ClusterId ?? "");
    }

    /// <summary>Wraps YARP's next step, and stores its failure in the state of the request.</summary>
    private static ForwardDelegate CreateForwardStep(RequestDelegate next) => async (context, state) =>
    {
        await next(context);
        state.Failure = context.Features.Get<IForwarderErrorFeature>();
    };

    private RoutePolicy GetPolicy(HttpContext context) => policies.GetPolicy(context.GetReverseProxyFeature().Route.Config);
}
