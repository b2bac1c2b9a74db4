using Hosting;
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

    public static IServiceCollection AddServing(this IServiceCollection services) => services
        .AddSingleton<MetricsEndpoint>();
}
