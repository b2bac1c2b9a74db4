using Hosting;
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
    public static IServiceCollection AddForwarding(this IServiceCollection services, MetricsRelayOptions options) =>
        options.RemoteWrite.Url is null
            ? services
            : services
                .AddSingleton<RemoteWriter>()
                .AddSingleton<IForwarder>(s => s.GetRequiredService<RemoteWriter>())
                .AddSingleton<IStatusSection>(s => s.GetRequiredService<RemoteWriter>())
                .AddHostedService(s => s.GetRequiredService<RemoteWriter>());

    public static IServiceCollection AddServing(this IServiceCollection services) => services
        .AddSingleton<MetricsEndpoint>();
}
