using Agent.Faults;
using Agent.Inference;
using Agent.Models.Loading;

namespace Agent;

/// <summary>The sections that a reload applies without a restart.</summary>
internal static class ReloadServices
{
    public static IServiceCollection AddReloadableSections(this IServiceCollection services) => services
        .AddSection("Model", options => options.Model, provider => provider.GetRequiredService<ModelReload>().PrepareReload)
        .AddSection("Faults", options => options.Faults, provider => provider.GetRequiredService<FaultInjector>().PrepareReload)
        .AddSection("Inference", options => options.Inference, provider => provider.GetRequiredService<InferenceRunner>().PrepareReload);

    private static IServiceCollection AddSection<TSection>(
        this IServiceCollection services, string section, Func<AgentOptions, TSection> getSection,
        Func<IServiceProvider, Func<TSection, Action>> getPrepare) =>
        services.AddSingleton<IReloadParticipant<AgentOptions>>(
            provider => new SectionReload<TSection>(section, getSection, getPrepare(provider)));
}
