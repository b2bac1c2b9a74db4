using System.Buffers;
using System.Globalization;
using MetricsRelay.Scraping;

namespace MetricsRelay.Page;

/// <summary>
/// The page at <c>/</c>: files that are embedded in the assembly, and their data. The page needs no other host, which its
/// Content-Security-Policy enforces.
/// </summary>
internal static class PageEndpoint
{
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(1);

    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        MapFile(routes, "/", "page.html", "text/html; charset=utf-8");
        MapFile(routes, "/-/page/page.css", "page.css", "text/css; charset=utf-8");
        MapFile(routes, "/-/page/page.js", "page.js", "text/javascript; charset=utf-8");
        MapFile(routes, "/-/page/icon.svg", "icon.svg", "image/svg+xml");
        routes.MapMethods("/-/page/data", Methods, RespondWithDataAsync);
    }

    private static void MapFile(IEndpointRouteBuilder routes, string path, string file, string type)
    {
        using var resource = typeof(PageEndpoint).Assembly.GetManifestResourceStream("MetricsRelay.Page." + file)!;
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        routes.MapMethods(path, Methods, context => WriteContentAsync(context, content, type));
    }

    // Like a request for the metrics, a request for the data scrapes the targets.
    private static async Task RespondWithDataAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var query = context.Request.Query;
        await services.GetRequiredService<Scraper>().TargetSet
            .RefreshTargetsAsync(MaxWait, services.GetRequiredService<TimeProvider>(), context.RequestAborted);
        services.GetRequiredService<TrafficHistory>().RecordLastScrape();
        var json = new ArrayBufferWriter<byte>(16 << 10);
        services.GetRequiredService<PageDataWriter>().WriteJson(
            json,
            long.TryParse(query["since"], CultureInfo.InvariantCulture, out var since) ? since : 0,
            query["search"].ToString(),
            query["expanded"].OfType<string>().ToHashSet(StringComparer.Ordinal));
        await WriteContentAsync(context, json.WrittenMemory, "application/json; charset=utf-8");
    }

    private static async Task WriteContentAsync(HttpContext context, ReadOnlyMemory<byte> content, string type)
    {
        var response = context.Response;
        response.ContentType = type;
        response.ContentLength = content.Length;
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(content, context.RequestAborted);
        }
    }
}
