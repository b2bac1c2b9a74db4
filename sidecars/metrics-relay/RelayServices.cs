using MetricsRelay.Forward;
using MetricsRelay.Otlp;
using MetricsRelay.Page;
using MetricsRelay.Pushgateway;
using MetricsRelay.RemoteWrite;
using MetricsRelay.Scrape;
using MetricsRelay.Serve;

namespace MetricsRelay;

/// <summary>The parts of the relay.</summary>
internal static class RelayServices
{
    public static IServiceCollection AddScraping(this IServiceCollection services) => services
        .AddSingleton<ScrapeMetrics>()
        .AddSingleton<Scraper>()
        .AddSingleton<IReloadParticipant<MetricsRelayOptions>>(s => s.GetRequiredService<Scraper>())
        .AddSingleton<IStatusSection, ScrapeStatus>()
        .AddSingleton<ICheck, TargetCheck>()
        .AddHostedService(s => s.GetRequiredService<Scraper>());

    /// <summary>Before the scraping, so that it stops after it and has the last scrape to forward.</summary>
    public static IServiceCollection AddForwarding(this IServiceCollection services, MetricsRelayOptions options)
    {
        services.AddSingleton<ForwarderParts>().AddSingleton<ICheck, ReceiverCheck>();
        if (options.RemoteWrite.Url is not null)
        {
            services.AddForwarder<RemoteWriter>();
        }

        if (options.Otlp.Endpoint is not null)
        {
            services.AddForwarder<OtlpForwarder>();
        }

        if (options.Pushgateway.Url is not null)
        {
            services.AddForwarder<PushgatewayForwarder>();
        }

        return services;
    }

    public static IServiceCollection AddServing(this IServiceCollection services) => services
        .AddSingleton<MetricsEndpoint>()
        .AddSingleton<PageData>()
        .AddSingleton<TrafficHistory>()
        .AddHostedService(s => s.GetRequiredService<TrafficHistory>());

    private static void AddForwarder<T>(this IServiceCollection services)
        where T : class, IForwarder, IStatusSection, IHostedService => services
        .AddSingleton<T>()
        .AddSingleton<IForwarder>(s => s.GetRequiredService<T>())
        .AddSingleton<IStatusSection>(s => s.GetRequiredService<T>())
        .AddHostedService(s => s.GetRequiredService<T>());
}
