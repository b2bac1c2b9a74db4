namespace Agent.Faults;

internal static class FaultServices
{
    public static IServiceCollection AddFaults(this IServiceCollection services, FaultOptions options) => services
        .AddSingleton(options)
        .AddSingleton<FaultInjector>()
        .AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<FaultInjector>());
}
