namespace Hosting.Management;

/// <summary>What the management port answers: the standard paths and what the process adds.</summary>
internal sealed class ManagementRoutes(IServiceProvider services) : IEndpointRouteBuilder
{
    public IServiceProvider ServiceProvider { get; } = services;

    public ICollection<EndpointDataSource> DataSources { get; } = [];

    public IApplicationBuilder CreateApplicationBuilder() => new ApplicationBuilder(ServiceProvider);

    public IEnumerable<string> Paths() => DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
        .Select(e => e.RoutePattern.RawText ?? "").Distinct();
}
