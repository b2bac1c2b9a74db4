namespace Agent.Tracing;

internal static class TracingServices
{
    /// <param name="services">The services.</param>
    /// <param name="endpoint">Base address of the OTLP collector; null exports nothing.</param>
    public static IServiceCollection AddTraceExport(this IServiceCollection services, Uri? endpoint) => endpoint is null
        ? services
        : services.AddHostedService(provider => new TraceExport(endpoint, provider.GetRequiredService<ProcessIdentity>()));
}
