namespace Agent.Faults;

internal static class FaultServices
{
    public static IServiceCollection AddFaults(this IServiceCollection services) => services
        .AddSingleton<FaultInjector>()
        .AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<FaultInjector>())
        .AddSingleton<IReloadParticipant<AgentOptions>>(provider => provider.GetRequiredService<FaultInjector>());
}
