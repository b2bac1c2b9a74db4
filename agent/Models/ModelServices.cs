namespace Agent.Models;

internal static class ModelServices
{
    public static IServiceCollection AddModel(this IServiceCollection services) => services
        .AddSingleton(provider => new ModelSlot(
            ModelLoader.Load(provider.GetRequiredService<AgentOptions>().Model, provider.GetRequiredService<TimeProvider>())))
        .AddSingleton<ICheck, ModelCheck>()
        .AddSingleton<IReloadParticipant<AgentOptions>, ModelReload>();
}
