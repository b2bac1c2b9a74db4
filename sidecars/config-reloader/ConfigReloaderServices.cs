using ConfigReloader.InitContainer;
using ConfigReloader.Watching;

namespace ConfigReloader;

/// <summary>Registers the parts of the config reloader.</summary>
internal static class ConfigReloaderServices
{
    public static IServiceCollection AddWatches(this IServiceCollection services) => services
        .AddSingleton<ActiveWatches>()
        .AddSingleton<WatchMetrics>()
        .AddSingleton<WatchFactory>()
        .AddSingleton(provider => new DeliveryStateFile(GetOptions(provider).StateFile, provider.GetRequiredService<Problems>()))
        .AddSingleton(provider => new WatchSet(
            provider.GetRequiredService<WatchFactory>(),
            provider.GetRequiredService<ActiveWatches>(),
            GetOptions(provider).Watches,
            provider.GetRequiredService<Problems>(),
            provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<IReloadParticipant<ConfigReloaderOptions>, WatchReload>()
        .AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<WatchSet>())
        .AddSingleton<IStatusSection, WatchStatusSection>()
        .AddSingleton<ICheck>(provider => new WatchCheck(GetOptions(provider).Watches, provider.GetRequiredService<WatchFactory>()))
        .AddHostedService(provider => provider.GetRequiredService<WatchSet>());

    public static IServiceCollection AddInitialRender(this IServiceCollection services) => services
        .AddSingleton(provider => new InitialRender(
            GetOptions(provider).Watches,
            provider.GetRequiredService<WatchFactory>(),
            provider.GetRequiredService<ILogger<InitialRender>>()));

    private static ConfigReloaderOptions GetOptions(IServiceProvider provider) => provider.GetRequiredService<ConfigReloaderOptions>();
}
