namespace Agent.RequestLogging;

internal static class RequestLogServices
{
    public static IServiceCollection AddRequestLog(this IServiceCollection services) => services
        .AddSingleton<RequestLogHealth>()
        .AddSingleton<RequestLog>()
        .AddSingleton<IStatusSection>(provider => provider.GetRequiredService<RequestLog>())
        .AddSingleton<ICheck, RequestFileCheck>()
        .AddHostedService(provider => provider.GetRequiredService<RequestLog>());
}
