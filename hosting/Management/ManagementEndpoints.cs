using Hosting.Configuration;
using Hosting.Health;
using Hosting.Metrics;

namespace Hosting.Management;

/// <summary>The endpoints that every process serves on its management port.</summary>
internal static class ManagementEndpoints
{
    private static readonly string[] ReadMethods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapStandardEndpoints(this IEndpointRouteBuilder routes, string metricsPath)
    {
        routes.MapMethods(metricsPath, ReadMethods, WriteMetricsAsync);
        routes.MapMethods("/healthz", ReadMethods, WriteLivenessAsync);
        routes.MapMethods("/readyz", ReadMethods, WriteReadinessAsync);
        routes.MapMethods("/statusz", ReadMethods, WriteStatusAsync);
        routes.MapPost("/-/reload", ReloadConfigurationAsync);
    }

    private static Task WriteMetricsAsync(HttpContext context) =>
        context.RequestServices.GetRequiredService<MetricsEndpoint>().WriteMetricsAsync(context);

    private static Task WriteLivenessAsync(HttpContext context) =>
        context.RequestServices.GetRequiredService<Liveness>().Failure is { } reason
            ? ManagementResponses.WriteTextAsync(context, StatusCodes.Status503ServiceUnavailable, reason)
            : ManagementResponses.WriteTextAsync(context, StatusCodes.Status200OK, "ok");

    private static Task WriteReadinessAsync(HttpContext context)
    {
        var reasons = context.RequestServices.GetRequiredService<Readiness>().NotReadyBecause;
        return reasons.Count > 0
            ? ManagementResponses.WriteTextAsync(context, StatusCodes.Status503ServiceUnavailable, string.Join("; ", reasons))
            : ManagementResponses.WriteTextAsync(context, StatusCodes.Status200OK, "ready");
    }

    private static Task WriteStatusAsync(HttpContext context)
    {
        var status = context.RequestServices.GetRequiredService<StatusReport>().DescribeStatus();
        return ManagementResponses.WriteJsonAsync(context, StatusCodes.Status200OK, status);
    }

    private static async Task ReloadConfigurationAsync(HttpContext context)
    {
        var result = await context.RequestServices.GetRequiredService<IReloader>().ReloadConfigurationAsync(context.RequestAborted);
        var status = result.Applied ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity;
        await ManagementResponses.WriteJsonAsync(context, status, StatusReport.DescribeReload(result));
    }
}
