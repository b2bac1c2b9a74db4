namespace Agent.Inference;

internal static class InferenceServices
{
    public static IServiceCollection AddInference(this IServiceCollection services) => services
        .AddSingleton<InferenceMetrics>()
        .AddHostedService(provider => provider.GetRequiredService<InferenceMetrics>())
        .AddSingleton<InferenceRunner>()
        .AddSingleton<IReloadParticipant<AgentOptions>>(provider => provider.GetRequiredService<InferenceRunner>());
}
