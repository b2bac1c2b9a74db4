using System.Diagnostics;
using TlsProxy.AccessLog;
using TlsProxy.Certificates;
using TlsProxy.Drain;
using TlsProxy.Forwarding;
using TlsProxy.Forwarding.Http1;
using TlsProxy.Listeners;
using TlsProxy.Policies;
using TlsProxy.Requests;
using TlsProxy.Retries;
using TlsProxy.Routes;
using TlsProxy.Status;

namespace TlsProxy;

/// <summary>The parts of the proxy, a method a feature.</summary>
internal static class ProxyServices
{
    /// <summary>Certificates: loaded before anything listens, then kept fresh.</summary>
    public static IServiceCollection AddCertificates(this IServiceCollection services) => services
        .AddSingleton<CertificateStore>()
        .AddSingleton<CertificateExpiry>()
        .AddHostedService<CertificateWatcher>()
        .AddSingleton<IReloadParticipant<TlsProxyOptions>, CertificateReload>();

    /// <summary>The two ports, and what is done with a connection before it carries requests.</summary>
    public static IServiceCollection AddListeners(this IServiceCollection services) => services
        .AddSingleton<ConnectionAccount>()
        .AddSingleton<HelloGuard>()
        .AddSingleton<TlsHandshake>()
        .AddSingleton<BoundPorts>();

    /// <summary>What frames every request.</summary>
    public static IServiceCollection AddRequestHandling(this IServiceCollection services) => services
        .AddSingleton<ProxyMetrics>()
        .AddSingleton<Answers>()
        .AddSingleton<MalformedRequests>()
        .AddSingleton<Redirect>()
        .AddSingleton<ForwardedHeaders>()
        .AddSingleton<IReloadParticipant<TlsProxyOptions>, ForwardedReload>()
        .AddSingleton<DrainingConnections>();

    /// <summary>The access log; its writer outlives the server, so that the last request has its line.</summary>
    public static IServiceCollection AddAccessLog(this IServiceCollection services) => services
        .AddSingleton<AccessLogWriter>()
        .AddHostedService(s => s.GetRequiredService<AccessLogWriter>());

    /// <summary>The way to the application.</summary>
    public static IServiceCollection AddForwarding(this IServiceCollection services) => services
        .AddHttpForwarder()
        .AddSingleton<UpstreamClient>()
        .AddSingleton<UpstreamState>()
        .AddSingleton<UpstreamErrors>()
        .AddSingleton<ExchangeTransformer>()
        .AddSingleton<UpstreamGate>()
        .AddSingleton<EgressToken>()
        .AddHostedService(s => s.GetRequiredService<EgressToken>())
        .AddSingleton<RoutePolicyReader>()
        .AddSingleton<Admission>()
        .AddSingleton<Retrying>();

    /// <summary>All to the one application.</summary>
    public static IServiceCollection AddDirectForwarding(this IServiceCollection services) => services
        .AddSingleton<UpstreamPool>()
        .AddSingleton<Http1Forwarder>()
        .AddSingleton<UpstreamPolicy>()
        .AddSingleton<DirectForwarding>()
        .AddSingleton<IReloadParticipant<TlsProxyOptions>, UpstreamPolicyReload>();

    /// <summary>What a person asks about.</summary>
    public static IServiceCollection AddStatus(this IServiceCollection services) => services
        .AddSingleton<IStatusSection, ProxyStatus>()
        .AddSingleton<IStatusSection, CertificateStatus>()
        .AddSingleton<ICheck, ProxyCheck>();

    /// <summary>The way of a request: framed, redirected if plain, forwarded.</summary>
    public static void UseProxy(this WebApplication web, TlsProxyOptions options)
    {
        web.Services.GetRequiredService<MalformedRequests>().Observe(web.Services.GetRequiredService<DiagnosticListener>());
        web.UseMiddleware<ExchangeMiddleware>();
        if (RouteTable.IsConfigured(options))
        {
            web.MapRoutes();
            return;
        }

        web.Run(web.Services.GetRequiredService<DirectForwarding>().ForwardAsync);
    }
}
