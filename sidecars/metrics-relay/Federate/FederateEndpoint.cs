using MetricsRelay.Serve;

namespace MetricsRelay.Federate;

/// <summary>
/// <c>/federate?match[]=…</c>: of <c>/metrics</c> the series that a selector matches. As there, the numbers are of now, and
/// so they carry no timestamp: whoever reads them then sees the series end when they do.
/// </summary>
internal static class FederateEndpoint
{
    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    public static void Map(IEndpointRouteBuilder routes) => routes.MapMethods("/federate", Read, AnswerAsync);

    private static async Task AnswerAsync(HttpContext context)
    {
        List<Selector> selectors;
        try
        {
            selectors = [.. context.Request.Query["match[]"].Select(text => Selector.Parse(text ?? ""))];
        }
        catch (SelectorException e)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(e.Message + "\n", context.RequestAborted);
            return;
        }

        await context.RequestServices.GetRequiredService<MetricsEndpoint>()
            .AnswerAsync(context, new SelectedSeries(selectors));
    }
}
