namespace Agent.Inference;

internal static class InferenceServices
{
    public static IServiceCollection AddInference(this IServiceCollection services, InferenceOptions options) => services
        .AddSingleton(options)
        .AddSingleton<InferenceMetrics>()
        .AddSingleton<InferenceRunner>();
}
