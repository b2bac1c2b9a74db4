using MetricsRelay.Serving;

namespace MetricsRelay.Federation;

/// <summary>
/// <c>/federate?match[]=…</c>: the series of <c>/metrics</c> that a selector matches. Like there, targets are scraped for the request
/// and samples have no added timestamp, so a reader notices the end of a series immediately.
/// </summary>
internal static class FederateEndpoint
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapRoutes(IEndpointRouteBuilder routes) => routes.MapMethods("/federate", Methods, RespondAsync);

    private static async Task RespondAsync(HttpContext context)
    {
        List<Selector> selectors;
        try
        {
            selectors = [.. context.Request.Query["match[]"].Select(text => SelectorParser.ParseSelector(text ?? ""))];
        }
        catch (SelectorException exception)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(exception.Message + "\n", context.RequestAborted);
            return;
        }

        await context.RequestServices.GetRequiredService<MetricsEndpoint>().RespondAsync(context, new SelectorFilter(selectors));
    }
}
