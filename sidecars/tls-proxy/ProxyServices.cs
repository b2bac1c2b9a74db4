using System.Diagnostics;
using TlsProxy.AccessLog;
using TlsProxy.Certificates;
using TlsProxy.Clients;
using TlsProxy.Drain;
using TlsProxy.Forwarding;
using TlsProxy.Http1Upstream;
using TlsProxy.Listeners;
using TlsProxy.Metrics;
using TlsProxy.Pipeline;
using TlsProxy.Policies;
using TlsProxy.Responses;
using TlsProxy.Routes;
using TlsProxy.Status;
using TlsProxy.Upstream;

namespace TlsProxy;

/// <summary>Registers the services of the proxy, one method for each feature.</summary>
internal static class ProxyServices
{
    /// <summary>The options sections, so that each feature receives its own.</summary>
    public static IServiceCollection AddSections(this IServiceCollection services, TlsProxyOptions options) => services
        .AddSingleton(options.Https)
        .AddSingleton(options.Https.Hsts)
        .AddSingleton(options.Http)
        .AddSingleton(options.Tls)
        .AddSingleton(options.Upstream)
        .AddSingleton(options.Forwarded)
        .AddSingleton(options.Limits)
        .AddSingleton(options.AccessLog)
        .AddSingleton(options.Shutdown)
        .AddSingleton(new RouteConfiguration(options.ReverseProxy));

    /// <summary>Certificates: loaded before the listeners start, then watched.</summary>
    public static IServiceCollection AddCertificates(this IServiceCollection services) => services
        .AddSingleton<CertificateStore>()
        .AddSingleton<CertificateExpiry>()
        .AddHostedService<CertificateWatcher>()
        .AddSingleton<CertificateReload>()
        .AddReload(
            ["Tls:Directory", "Tls:Directories"],
            provider => (_, next) => ValueTask.FromResult(provider.GetRequiredService<CertificateReload>().PrepareReload(next.Tls)));

    /// <summary>The two listeners, and the middleware of their connections.</summary>
    public static IServiceCollection AddListeners(this IServiceCollection services) => services
        .AddSingleton<ConnectionTracking>()
        .AddSingleton<ProtocolDetection>()
        .AddSingleton<TlsHandshake>()
        .AddSingleton<BoundPorts>();

    /// <summary>The steps that surround every request.</summary>
    public static IServiceCollection AddRequestPipeline(this IServiceCollection services) => services
        .AddSingleton<ProxyMetrics>()
        .AddSingleton<ConnectionDrain>()
        .AddSingleton<ProxyResponses>()
        .AddSingleton<RequestRecorder>()
        .AddSingleton<MalformedRequestObserver>()
        .AddSingleton<HttpsRedirect>()
        .AddSingleton<ForwardedHeaders>()
        .AddReload(
            ["Forwarded"],
            provider => (_, next) => ValueTask.FromResult(provider.GetRequiredService<ForwardedHeaders>().PrepareReload(next.Forwarded)));

    /// <summary>The access log. Its writer stops after the server, so that the last request is logged.</summary>
    public static IServiceCollection AddAccessLog(this IServiceCollection services) => services
        .AddSingleton<AccessLogWriter>()
        .AddHostedService(provider => provider.GetRequiredService<AccessLogWriter>());

    /// <summary>The parts of forwarding that all configurations use.</summary>
    public static IServiceCollection AddForwarding(this IServiceCollection services) => services
        .AddHttpForwarder()
        .AddSingleton<UpstreamHealth>()
        .AddSingleton<UpstreamErrors>()
        .AddSingleton<UpstreamResponseHandler>()
        .AddSingleton<UpstreamGate>()
        .AddSingleton<EgressToken>()
        .AddHostedService(provider => provider.GetRequiredService<EgressToken>())
        .AddSingleton<RoutePolicyReader>()
        .AddSingleton<AdmissionControl>()
        .AddSingleton<RetryingForwarder>();

    /// <summary>Forwarding to the application of <c>Upstream:Url</c>.</summary>
    public static IServiceCollection AddDirectForwarding(this IServiceCollection services, UpstreamOptions upstream) => services
        .AddSingleton(new Http1UpstreamSettings(
            upstream.Url, TimeSpan.FromSeconds(upstream.ConnectTimeoutSeconds), TimeSpan.FromSeconds(upstream.TimeoutSeconds)))
        .AddSingleton<IUpstreamEvents>(provider => provider.GetRequiredService<UpstreamResponseHandler>())
        .AddSingleton<UpstreamPool>()
        .AddSingleton<Http1Forwarder>()
        .AddSingleton<UpstreamClient>()
        .AddSingleton<UpstreamTransformer>()
        .AddSingleton<ApplicationForwarder>()
        .AddSingleton<UpstreamPolicyReader>()
        .AddSingleton<DirectForwarding>()
        .AddSingleton<UpstreamPolicyReload>()
        .AddReload(
            ["Upstream:Metadata"],
            provider => (current, next) => ValueTask.FromResult(
                provider.GetRequiredService<UpstreamPolicyReload>().PrepareReload(current.Upstream, next.Upstream)));

    /// <summary>Forwarding by the routes of the configuration.</summary>
    public static IServiceCollection AddRouteForwarding(this IServiceCollection services, TlsProxyOptions options) => services
        .AddRoutes(new RouteConfiguration(options.ReverseProxy), options.Upstream)
        .AddReload(
            [RouteConfiguration.Key],
            provider => (_, next) => provider.GetRequiredService<RouteReload>()
                .PrepareReloadAsync(new RouteConfiguration(next.ReverseProxy), next.Upstream));

    /// <summary>The sections of <c>/statusz</c>, and the <c>check</c> verb.</summary>
    public static IServiceCollection AddStatus(this IServiceCollection services) => services
        .AddSingleton<IStatusSection, ProxyStatus>()
        .AddSingleton<IStatusSection, CertificateStatus>()
        .AddSingleton<ICheck, EnvironmentCheck>();

    /// <summary>Adds the middleware, and then the forwarding that the configuration selects.</summary>
    public static void UseProxy(this WebApplication web)
    {
        var services = web.Services;
        services.GetRequiredService<MalformedRequestObserver>().SubscribeTo(services.GetRequiredService<DiagnosticListener>());
        web.UseMiddleware<ProxyMiddleware>();
        if (services.GetRequiredService<RouteConfiguration>().HasRoutes)
        {
            web.MapRoutes();
            return;
        }

        web.Run(services.GetRequiredService<DirectForwarding>().ForwardRequestAsync);
    }

    private static IServiceCollection AddReload(
        this IServiceCollection services,
        IReadOnlyCollection<string> keys,
        Func<IServiceProvider, Func<TlsProxyOptions, TlsProxyOptions, ValueTask<Action>>> createPrepare) =>
        services.AddSingleton<IReloadParticipant<TlsProxyOptions>>(provider =>
            new SectionReload(keys, createPrepare(provider), provider.GetRequiredService<CurrentOptions<TlsProxyOptions>>()));
}
