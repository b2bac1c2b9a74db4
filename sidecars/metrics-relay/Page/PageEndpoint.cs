using System.Buffers;
using System.Globalization;
using MetricsRelay.Scrape;

namespace MetricsRelay.Page;

/// <summary>
/// The page at <c>/</c>: three files of the assembly's own and the data that they show. It asks nothing of any other
/// host, and its policy has the browser see to that.
/// </summary>
internal static class PageEndpoint
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static void Map(IEndpointRouteBuilder routes)
    {
        MapFile(routes, "/", "page.html", "text/html; charset=utf-8");
        MapFile(routes, "/-/page/page.css", "page.css", "text/css; charset=utf-8");
        MapFile(routes, "/-/page/page.js", "page.js", "text/javascript; charset=utf-8");
        MapFile(routes, "/-/page/icon.svg", "icon.svg", "image/svg+xml");
        routes.MapMethods("/-/page/data", Read, DataAsync);
    }

    private static void MapFile(IEndpointRouteBuilder routes, string path, string file, string type)
    {
        using var resource = typeof(PageEndpoint).Assembly.GetManifestResourceStream("MetricsRelay.Page." + file)!;
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        routes.MapMethods(path, Read, context => AnswerAsync(context, content, type));
    }

    // Whoever looks at the page has the targets scraped, as whoever asks for the metrics has.
    private static async Task DataAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var query = context.Request.Query;
        await services.GetRequiredService<Scraper>().Board
            .RefreshAsync(Patience, services.GetRequiredService<TimeProvider>(), context.RequestAborted);
        services.GetRequiredService<TrafficHistory>().Observe();
        var json = new ArrayBufferWriter<byte>(16 << 10);
        services.GetRequiredService<PageData>().Write(
            json,
            long.TryParse(query["since"], CultureInfo.InvariantCulture, out var since) ? since : 0,
            query["search"].ToString(),
            query["open"].OfType<string>().ToHashSet(StringComparer.Ordinal));
        await AnswerAsync(context, json.WrittenMemory, "application/json; charset=utf-8");
    }

    private static async Task AnswerAsync(HttpContext context, ReadOnlyMemory<byte> content, string type)
    {
        var response = context.Response;
        response.ContentType = type;
        response.ContentLength = content.Length;
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(content, context.RequestAborted);
        }
    }
}
