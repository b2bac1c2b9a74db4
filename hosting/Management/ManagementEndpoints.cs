using Hosting.Configuration;
using Hosting.Health;
using Hosting.Metrics;

namespace Hosting.Management;

/// <summary>The paths that every process answers on its management port.</summary>
internal static class ManagementEndpoints
{
    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    public static void MapStandard(this IEndpointRouteBuilder routes, string metricsPath)
    {
        routes.MapMethods(metricsPath, Read, MetricsAsync);
        routes.MapMethods("/healthz", Read, HealthAsync);
        routes.MapMethods("/readyz", Read, ReadyAsync);
        routes.MapMethods("/statusz", Read, StatusAsync);
        routes.MapPost("/-/reload", ReloadAsync);
    }

    private static Task MetricsAsync(HttpContext context) =>
        context.RequestServices.GetRequiredService<MetricsEndpoint>().WriteMetricsAsync(context);

    private static Task HealthAsync(HttpContext context) =>
        context.RequestServices.GetRequiredService<Liveness>().Failure is { } reason
            ? ManagementAnswers.TextAsync(context, StatusCodes.Status503ServiceUnavailable, reason)
            : ManagementAnswers.TextAsync(context, StatusCodes.Status200OK, "ok");

    private static Task ReadyAsync(HttpContext context)
    {
        var reasons = context.RequestServices.GetRequiredService<Readiness>().NotReadyBecause;
        return reasons.Count > 0
            ? ManagementAnswers.TextAsync(context, StatusCodes.Status503ServiceUnavailable, string.Join("; ", reasons))
            : ManagementAnswers.TextAsync(context, StatusCodes.Status200OK, "ready");
    }

    private static Task StatusAsync(HttpContext context) =>
        ManagementAnswers.JsonAsync(context, StatusCodes.Status200OK, context.RequestServices.GetRequiredService<StatusReport>().DescribeStatus());

    private static async Task ReloadAsync(HttpContext context)
    {
        var result = await context.RequestServices.GetRequiredService<IReloader>().ReloadAsync(context.RequestAborted);
        await ManagementAnswers.JsonAsync(context, result.Applied ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity, StatusReport.Of(result));
    }
}
