using System.Text;
using TlsProxy.Forwarding;
using TlsProxy.Mirroring;
using TlsProxy.Policies;
using TlsProxy.Requests;
using TlsProxy.Responses;
using TlsProxy.Upstream;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace TlsProxy.Routes;

/// <summary>YARP's complete pipeline, for a configuration with routes.</summary>
internal static class RouteServices
{
    /// <summary>YARP's transform for the <c>Host</c> header; a route that uses it decides for itself.</summary>
    private const string HostTransform = "RequestHeaderOriginalHost";

    public static IServiceCollection AddRoutes(this IServiceCollection services, RouteConfiguration configuration, UpstreamOptions upstream)
    {
        var table = RouteTable.ReadTable(configuration, upstream);
        var proxy = services.AddReverseProxy();
        proxy.ConfigureHttpClient((_, handler) =>
        {
            handler.ConnectTimeout = TimeSpan.FromSeconds(upstream.ConnectTimeoutSeconds);

            // Kestrel decodes header values byte for byte. A cluster may configure another encoding.
            handler.RequestHeaderEncodingSelector ??= static (_, _) => Encoding.Latin1;
        });
        proxy.AddTransforms(AddProxyTransforms);
        return services
            .AddSingleton(new InMemoryConfigProvider(table.Routes, table.Clusters))
            .AddSingleton<IProxyConfigProvider>(s => s.GetRequiredService<InMemoryConfigProvider>())
            .AddSingleton(table)
            .AddSingleton<RoutePolicies>()
            .AddSingleton<RequestMirror>()
            .AddSingleton<RoutePipeline>()
            .AddSingleton<RouteReload>()
            .AddSingleton<IStatusSection, RouteStatus>();
    }

    public static void MapRoutes(this WebApplication web)
    {
        // Before YARP validates the routes itself: its error is an exception nested in others.
        var table = web.Services.GetRequiredService<RouteTable>();
        table.ValidateTableAsync(web.Services.GetRequiredService<IConfigValidator>(), web.Services.GetRequiredService<RoutePolicies>())
            .GetAwaiter()
            .GetResult();
        var steps = web.Services.GetRequiredService<RoutePipeline>();
        steps.CreateCanarySeries(table);
        web.MapReverseProxy(pipeline =>
        {
            pipeline.Use((context, next) => steps.EnterRouteAsync(context, next));
            pipeline.UseSessionAffinity();
            pipeline.Use((context, next) => steps.RetryDestinationsAsync(context, next));
            pipeline.UseLoadBalancing();
            pipeline.UsePassiveHealthChecks();
        });
        web.MapFallback(RejectWithoutRouteAsync);
    }

    private static void AddProxyTransforms(TransformBuilderContext context)
    {
        // The forwarding headers are already set on the request.
        context.UseDefaultForwarders = false;
        if (context.Route.Transforms?.Any(t => t.ContainsKey(HostTransform)) != true)
        {
            context.AddOriginalHost();
            context.AddRequestTransform(SetDestinationHost);
        }

        context.AddRequestTransform(request =>
        {
            // Not earlier: YARP has to apply the route's own MaxRequestBodySize first.
            UpstreamTransformer.LockBodySizeLimit(request.HttpContext);
            return ValueTask.CompletedTask;
        });
        context.AddResponseTransform(ProcessResponse);
    }

    private static ValueTask ProcessResponse(ResponseTransformContext transform)
    {
        var context = transform.HttpContext;
        var handler = context.RequestServices.GetRequiredService<UpstreamResponseHandler>();
        if (transform.ProxyResponse is { } response
            && handler.OnResponseReceived(RequestState.FromContext(context), (int)response.StatusCode))
        {
            transform.SuppressResponseBody = true;
            return ValueTask.CompletedTask;
        }

        transform.SuppressResponseBody |= !handler.OnHeadersCopiedByYarp(context);
        return ValueTask.CompletedTask;
    }

    /// <summary>Addresses a destination with TLS by its own name, unless the route sets another one.</summary>
    private static ValueTask SetDestinationHost(RequestTransformContext transform)
    {
        var headers = transform.ProxyRequest.Headers;
        if (UpstreamTransformer.IsTlsDestination(transform.DestinationPrefix) && headers.Host == transform.HttpContext.Request.Host.Value)
        {
            headers.Host = transform.HttpContext.GetReverseProxyFeature().ProxiedDestination?.Model.Config.Host;
        }

        return ValueTask.CompletedTask;
    }

    private static Task RejectWithoutRouteAsync(HttpContext context) => context.RequestServices.GetRequiredService<ProxyResponses>()
        .WriteErrorAsync(context, StatusCodes.Status404NotFound, "no_route", "No route matches this address.");
}
