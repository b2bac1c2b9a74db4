using Prometheus;

namespace Hosting.Metrics;

/// <summary>Registers the metrics of one application: its own registry, so that two applications in one process never mix.</summary>
internal static class MetricsServices
{
    public static IServiceCollection AddPrometheusMetrics(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddSingleton(_ => Prometheus.Metrics.NewCustomRegistry());
        services.AddSingleton<IMetricFactory>(provider =>
        {
            var factory = Prometheus.Metrics.WithCustomRegistry(provider.GetRequiredService<CollectorRegistry>());
            factory.ExemplarBehavior = SampledTraceExemplars.CreateBehavior();
            return factory;
        });
        services.AddSingleton<ProcessMetrics>();
        services.AddSingleton<MeterListenerAdapter>();
        services.AddSingleton<MetricsEndpoint>();
        return services;
    }
}
