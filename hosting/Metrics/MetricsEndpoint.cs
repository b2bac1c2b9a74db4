using Microsoft.Net.Http.Headers;
using Prometheus;

namespace Hosting.Metrics;

/// <summary>Serves the registry as Prometheus text 0.0.4, or as OpenMetrics 1.0.0 if the request prefers it.</summary>
internal sealed class MetricsEndpoint
{
    private readonly CollectorRegistry _registry;

    /// <summary>Creates the endpoint. Measuring starts with the adapter's construction, which is why it is a dependency.</summary>
    public MetricsEndpoint(CollectorRegistry registry, MeterListenerAdapter adapter)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        _registry = registry;
    }

    public async Task WriteMetricsAsync(HttpContext context)
    {
        var openMetrics = PrefersOpenMetrics(context.Request);

        // Collected before the first byte is sent, so that a failure is a status and not half a page.
        using var page = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(
            page,
            openMetrics ? ExpositionFormat.OpenMetricsText : ExpositionFormat.PrometheusText,
            context.RequestAborted);
        context.Response.ContentType = openMetrics
            ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
            : "text/plain; version=0.0.4; charset=utf-8";
        context.Response.ContentLength = page.Length;
        context.Response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(page.GetBuffer().AsMemory(0, (int)page.Length), context.RequestAborted);
        }
    }

    internal static bool PrefersOpenMetrics(HttpRequest request)
    {
        double openMetrics = 0, text = 0;
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var acceptedTypes))
        {
            return false;
        }

        foreach (var accepted in acceptedTypes)
        {
            var quality = accepted.Quality ?? 1;
            var version = accepted.Parameters.FirstOrDefault(parameter => parameter.Name == "version")?.Value;
            switch (accepted.MediaType.Value)
            {
                case "application/openmetrics-text" when version is not { HasValue: true } wanted || wanted == "1.0.0":
                    openMetrics = Math.Max(openMetrics, quality);
                    break;
                case "text/plain":
                    text = Math.Max(text, quality);
                    break;
            }
        }

        return openMetrics > 0 && openMetrics >= text;
    }
}
