namespace Agent.Models.Loading;

internal static class ModelServices
{
    public static IServiceCollection AddModel(this IServiceCollection services, ModelOptions options) => services
        .AddSingleton(options)
        .AddSingleton(provider => new ModelSlot(ModelLoader.LoadModel(options, provider.GetRequiredService<TimeProvider>())))
        .AddSingleton<ModelReload>()
        .AddSingleton<ICheck, ModelCheck>();
}
