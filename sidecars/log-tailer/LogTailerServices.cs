using LogTailer.Checkpoint;
using LogTailer.Diagnostics;
using LogTailer.Metrics;
using LogTailer.Pipelines;
using LogTailer.Sinks.Http;
using LogTailer.Transform;
using Prometheus;

namespace LogTailer;

/// <summary>Registers the services, and passes each the options section that it uses.</summary>
internal static class LogTailerServices
{
    /// <summary>Adds the storage of the acknowledged positions.</summary>
    public static IServiceCollection AddCheckpoint(this IServiceCollection services) => services
        .AddSingleton(provider => new CheckpointFile(
            GetOptions(provider).CheckpointPath,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<CheckpointFile>>()))
        .AddSingleton(provider => new CheckpointWriter(
            provider.GetRequiredService<CheckpointFile>(),
            GetOptions(provider).Checkpoint,
            provider.GetRequiredService<TailerMetrics>(),
            provider.GetRequiredService<Problems>(),
            provider.GetRequiredService<TimeProvider>()));

    /// <summary>Adds one pipeline per sink, and the service that runs them.</summary>
    public static IServiceCollection AddPipelines(this IServiceCollection services) => services
        .AddSingleton(provider => new TailerMetrics(
            provider.GetRequiredService<IMetricFactory>(),
            provider.GetRequiredService<CollectorRegistry>(),
            hasSinkLabel: GetOptions(provider).AllSinks.Count > 1))
        .AddSingleton(provider => new DeadLetterFile(GetOptions(provider).DeadLetterPath, provider.GetRequiredService<TimeProvider>()))
        .AddSingleton(provider => new SinkTransforms(GetOptions(provider).Enrich, GetOptions(provider).Filter, GetOptions(provider).Redact))
        .AddSingleton<IReloadParticipant<LogTailerOptions>, TransformReload>()
        .AddSingleton<SinkFactory>()
        .AddSingleton(provider => new FollowerFactory(
            GetOptions(provider).LogPattern,
            GetOptions(provider).Tail,
            provider.GetRequiredService<CheckpointWriter>(),
            provider.GetRequiredService<Problems>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()))
        .AddSingleton<PipelineFactory>()
        .AddSingleton(provider => provider.GetRequiredService<PipelineFactory>().CreatePipelines(GetOptions(provider).AllSinks))
        .AddSingleton(provider => GetOptions(provider).Tail)
        .AddHostedService<TailerService>();

    /// <summary>Adds the sections of <c>/statusz</c> and the checks of the <c>check</c> verb.</summary>
    public static IServiceCollection AddDiagnostics(this IServiceCollection services) => services
        .AddSingleton<IStatusSection, PipelineStatus>()
        .AddSingleton<ICheck>(provider => new LogFileCheck(GetOptions(provider).LogPattern, provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<ICheck>(provider => new LogUrlCheck(
            GetOptions(provider).Tail.Url, GetOptions(provider).LogFile, provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<ICheck>(provider => new SinkCheck(GetOptions(provider).SinksBySubject, provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<ICheck>(provider => new CheckpointCheck(GetOptions(provider).CheckpointPath));

    private static LogTailerOptions GetOptions(IServiceProvider provider) => provider.GetRequiredService<LogTailerOptions>();
}
