using System.Diagnostics.CodeAnalysis;
using MetricsRelay.Check;
using MetricsRelay.Forwarding;
using MetricsRelay.Forwarding.Otlp;
using MetricsRelay.Forwarding.Pushgateway;
using MetricsRelay.Forwarding.RemoteWrite;
using MetricsRelay.Page;
using MetricsRelay.Scraping;
using MetricsRelay.Serving;

namespace MetricsRelay;

/// <summary>Registers the services of the relay.</summary>
internal static class RelayServices
{
    public static IServiceCollection AddScraping(this IServiceCollection services, MetricsRelayOptions options) => services
        .AddSingleton(options.ToScrapeConfiguration())
        .AddSingleton<ScrapeMetrics>()
        .AddSingleton<Scraper>()
        .AddSingleton<IReloadParticipant<MetricsRelayOptions>, ScrapeReload>()
        .AddSingleton<IStatusSection, ScrapeStatus>()
        .AddSingleton<ICheck, TargetCheck>()
        .AddHostedService(provider => provider.GetRequiredService<Scraper>());

    /// <summary>
    /// Call this before <see cref="AddScraping"/>: forwarders stop after the scraper, so that they forward its last scrape.
    /// </summary>
    public static IServiceCollection AddForwarding(this IServiceCollection services, MetricsRelayOptions options)
    {
        services
            .AddSingleton(options.RemoteWrite)
            .AddSingleton(options.Otlp)
            .AddSingleton(options.Pushgateway)
            .AddSingleton(options.Queue)
            .AddSingleton<ForwarderContext>()
            .AddSingleton<ICheck, ReceiverCheck>();
        if (options.RemoteWrite.Url is not null)
        {
            services.AddForwarder<RemoteWriteForwarder>();
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
        .AddSingleton<PageDataWriter>()
        .AddSingleton<TrafficHistory>()
        .AddHostedService(provider => provider.GetRequiredService<TrafficHistory>());

    private static void AddForwarder<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(
        this IServiceCollection services)
        where T : class, IScrapeForwarder, IStatusSection, IHostedService => services
        .AddSingleton<T>()
        .AddSingleton<IScrapeForwarder>(provider => provider.GetRequiredService<T>())
        .AddSingleton<IStatusSection>(provider => provider.GetRequiredService<T>())
        .AddHostedService(provider => provider.GetRequiredService<T>());
}
