namespace Agent.RequestLogging;

internal static class RequestLogServices
{
    /// <summary>Bounds the memory of queued lines, which may contain long texts.</summary>
    private const long MaxQueuedTextChars = 8 * 1024 * 1024;

    public static IServiceCollection AddRequestLog(this IServiceCollection services, string path, RequestLogOptions options) => services
        .AddSingleton(new RequestLogSettings(path, options))
        .AddSingleton(new LineQueue(options.QueueSize, MaxQueuedTextChars))
        .AddSingleton<RequestLogHealth>()
        .AddSingleton<RequestLog>()
        .AddSingleton<IStatusSection>(provider => provider.GetRequiredService<RequestLog>())
        .AddSingleton<ICheck, RequestLogCheck>()
        .AddHostedService(provider => provider.GetRequiredService<RequestLog>());
}
