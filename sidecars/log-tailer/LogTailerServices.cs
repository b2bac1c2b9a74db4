using LogTailer.Checkpoint;
using LogTailer.Diagnosis;
using LogTailer.Flow;
using LogTailer.Follow;
using LogTailer.Sinks;
using LogTailer.Sinks.Http;
using LogTailer.Transform;

namespace LogTailer;

/// <summary>Puts the parts together.</summary>
internal static class LogTailerServices
{
    /// <summary>Where it is kept how far each sink has come.</summary>
    public static IServiceCollection AddCheckpoint(this IServiceCollection services) => services
        .AddSingleton(provider => new CheckpointFile(
            provider.GetRequiredService<LogTailerOptions>().CheckpointPath,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<CheckpointFile>>()))
        .AddSingleton(provider => new CheckpointWriter(
            provider.GetRequiredService<CheckpointFile>(),
            provider.GetRequiredService<LogTailerOptions>().Checkpoint,
            provider.GetRequiredService<TailerMetrics>(),
            provider.GetRequiredService<Problems>(),
            provider.GetRequiredService<TimeProvider>()));

    /// <summary>A pipeline for each sink, and the service that runs them.</summary>
    public static IServiceCollection AddPipelines(this IServiceCollection services) => services
        .AddSingleton<TailerMetrics>()
        .AddSingleton(provider => new DeadLetters(provider.GetRequiredService<LogTailerOptions>().DeadLetterPath, provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<Transforms>()
        .AddSingleton<IReloadParticipant<LogTailerOptions>>(provider => provider.GetRequiredService<Transforms>())
        .AddSingleton<SinkFactory>()
        .AddSingleton(CreatePipelines)
        .AddHostedService<Tailer>();

    /// <summary>What <c>/statusz</c> and <c>check</c> say.</summary>
    public static IServiceCollection AddDiagnosis(this IServiceCollection services) => services
        .AddSingleton<IStatusSection, FollowerStatus>()
        .AddSingleton<ICheck, LogFileCheck>()
        .AddSingleton<ICheck, LogUrlCheck>()
        .AddSingleton<ICheck, SinkCheck>()
        .AddSingleton<ICheck, CheckpointCheck>();

    private static PipelineSet CreatePipelines(IServiceProvider services)
    {
        var options = services.GetRequiredService<LogTailerOptions>();
        var pattern = options.Tail.Url is null ? new LogPattern(options.LogFile) : null;
        var sinks = options.AllSinks;

        return new PipelineSet([.. sinks.Select(sink => new Pipeline(
            sink.Key,
            sinks.Count > 1 ? sink.Key : null,
            pattern,
            options.Tail,
            sink.Value,
            services.GetRequiredService<SinkFactory>().Create(sink.Key, sink.Value),
            services.GetRequiredService<CheckpointWriter>(),
            services.GetRequiredService<TailerMetrics>(),
            services.GetRequiredService<Problems>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<Follower>>()))]);
    }
}
