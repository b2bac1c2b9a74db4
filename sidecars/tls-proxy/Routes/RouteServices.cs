using TlsProxy.Forwarding;
using TlsProxy.Mirroring;
using TlsProxy.Policies;
using TlsProxy.Requests;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;

namespace TlsProxy.Routes;

/// <summary>YARP's whole pipeline, for a configuration that has routes of its own.</summary>
internal static class RouteServices
{
    /// <summary>YARP's word for whose <c>Host</c> a destination hears; a route that has it decides for itself.</summary>
    private const string HostTransform = "RequestHeaderOriginalHost";

    public static IServiceCollection AddRoutes(this IServiceCollection services, TlsProxyOptions options)
    {
        var table = RouteTable.Read(options);
        var proxy = services.AddReverseProxy();
        proxy.ConfigureHttpClient((_, handler) => handler.ConnectTimeout = TimeSpan.FromSeconds(options.Upstream.ConnectTimeoutSeconds));
        proxy.AddTransforms(context =>
        {
            // The request says already what the application may believe.
            context.UseDefaultForwarders = false;
            if (context.Route.Transforms?.Any(t => t.ContainsKey(HostTransform)) != true)
            {
                context.AddOriginalHost();
                context.AddRequestTransform(NameAsync);
            }

            context.AddRequestTransform(request =>
            {
                // Here, and no earlier: a route's own MaxRequestBodySize is set by now.
                ExchangeTransformer.KeepBodyLimit(request.HttpContext);
                return ValueTask.CompletedTask;
            });
            context.AddResponseTransform(response =>
            {
                var http = response.HttpContext;
                if (response.ProxyResponse is { } answer)
                {
                    http.RequestServices.GetRequiredService<ExchangeTransformer>().Answered(http);
                    if (Exchange.Of(http).Retry is { } retry && retry.WantsAnotherAnswer((int)answer.StatusCode))
                    {
                        response.SuppressResponseBody = true;
                        return ValueTask.CompletedTask;
                    }
                }

                http.RequestServices.GetRequiredService<ExchangeTransformer>().Finish(http);
                return ValueTask.CompletedTask;
            });
        });
        return services
            .AddSingleton(new InMemoryConfigProvider(table.Routes, table.Clusters))
            .AddSingleton<IProxyConfigProvider>(s => s.GetRequiredService<InMemoryConfigProvider>())
            .AddSingleton(table)
            .AddSingleton<RoutePolicies>()
            .AddSingleton<Mirror>()
            .AddSingleton<RoutePipeline>()
            .AddSingleton<IReloadParticipant<TlsProxyOptions>, RouteReload>()
            .AddSingleton<IStatusSection, RouteStatus>();
    }

    public static void MapRoutes(this WebApplication web)
    {
        // Before YARP takes them, whose own refusal is one exception within another.
        web.Services.GetRequiredService<RouteTable>()
            .ValidateAsync(web.Services.GetRequiredService<IConfigValidator>(), web.Services.GetRequiredService<RoutePolicies>()).GetAwaiter().GetResult();
        var stages = web.Services.GetRequiredService<RoutePipeline>();
        web.MapReverseProxy(pipeline =>
        {
            pipeline.Use((context, next) => stages.EnterAsync(context, next));
            pipeline.UseSessionAffinity();
            pipeline.Use((context, next) => stages.RetryAsync(context, next));
            pipeline.UseLoadBalancing();
            pipeline.UsePassiveHealthChecks();
        });
        web.MapFallback(NoRouteAsync);
    }

    /// <summary>Names a server elsewhere as it names itself, unless the route has set another name.</summary>
    private static ValueTask NameAsync(RequestTransformContext transform)
    {
        var headers = transform.ProxyRequest.Headers;
        if (ExchangeTransformer.IsElsewhere(transform.DestinationPrefix) && headers.Host == transform.HttpContext.Request.Host.Value)
        {
            headers.Host = transform.HttpContext.GetReverseProxyFeature().ProxiedDestination?.Model.Config.Host;
        }

        return ValueTask.CompletedTask;
    }

    private static Task NoRouteAsync(HttpContext context) => context.RequestServices.GetRequiredService<Answers>()
        .WriteAsync(context, StatusCodes.Status404NotFound, "no_route", "No route serves this address.");
}
