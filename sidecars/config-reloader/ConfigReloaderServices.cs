using ConfigReloader.Rendering;
using ConfigReloader.Watching;

namespace ConfigReloader;

/// <summary>The parts of the config reloader.</summary>
internal static class ConfigReloaderServices
{
    public static IServiceCollection AddWatches(this IServiceCollection services) => services
        .AddSingleton<WatchStates>()
        .AddSingleton<WatchMetrics>()
        .AddSingleton<WatchFactory>()
        .AddSingleton(provider => new DeliveredState(
            provider.GetRequiredService<ConfigReloaderOptions>().StateFile, provider.GetRequiredService<Problems>()))
        .AddSingleton<WatchSet>()
        .AddSingleton<IReloadParticipant<ConfigReloaderOptions>>(provider => provider.GetRequiredService<WatchSet>())
        .AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<WatchSet>())
        .AddSingleton<IStatusSection, WatchStatus>()
        .AddSingleton<ICheck, WatchCheck>()
        .AddHostedService(provider => provider.GetRequiredService<WatchSet>());

    public static IServiceCollection AddInitialSync(this IServiceCollection services) => services.AddSingleton<InitialSync>();
}
