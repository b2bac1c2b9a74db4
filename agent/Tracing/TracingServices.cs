namespace Agent.Tracing;

internal static class TracingServices
{
    public static IServiceCollection AddTraceExport(this IServiceCollection services) => services.AddHostedService<TraceExport>();
}
