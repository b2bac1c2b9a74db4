using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using MetricsRelay.Exposition;
using MetricsRelay.Merge;
using MetricsRelay.Scrape;

namespace MetricsRelay.Serve;

/// <summary>
/// What is relayed: <c>/metrics</c>. As with any exporter the numbers are of now: a request has the targets scraped and
/// waits for it. Requests that come together share one scrape, and no target is scraped more than ten times a second.
/// </summary>
internal sealed class MetricsEndpoint(Scraper scraper, TimeProvider time) : IDisposable
{
    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    // A reader that is slow keeps a snapshot from being used again; this many may do so at once.
    private const int MaxReaders = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _readers = new(MaxReaders);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods("/metrics", Read, static (HttpContext context) =>
            context.RequestServices.GetRequiredService<MetricsEndpoint>().AnswerAsync(context));

    /// <summary>Answers with every family, or with the series that <paramref name="select"/> lets through.</summary>
    public async Task AnswerAsync(HttpContext context, ISampleFilter? select = null)
    {
        var cancellationToken = context.RequestAborted;
        if (!await _readers.WaitAsync(Patience, cancellationToken))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "1";
            return;
        }

        try
        {
            Board board;
            do
            {
                // A reload may put another board in its place meanwhile.
                board = scraper.Board;
                await board.RefreshAsync(PatienceOf(context.Request), time, cancellationToken);
            }
            while (board != scraper.Board);

            var merged = board.Lease();
            try
            {
                await WriteAsync(context, merged, select);
            }
            finally
            {
                merged.Release();
            }
        }
        finally
        {
            _readers.Release();
        }
    }

    public void Dispose() => _readers.Dispose();

    // Half of what the reader will wait, so that one slow target does not cost it all the others.
    private static TimeSpan PatienceOf(HttpRequest request) =>
        double.TryParse(request.Headers["X-Prometheus-Scrape-Timeout-Seconds"], CultureInfo.InvariantCulture, out var seconds)
        && seconds > 0 && seconds / 2 < Patience.TotalSeconds
            ? TimeSpan.FromSeconds(seconds / 2)
            : Patience;

    private static async Task WriteAsync(HttpContext context, MergedExposition merged, ISampleFilter? select)
    {
        var wanted = Negotiation.Of(context.Request);
        var response = context.Response;
        response.ContentType = wanted.ContentType;
        response.Headers.Vary = "Accept, Accept-Encoding";
        if (wanted.Gzip)
        {
            response.Headers.ContentEncoding = "gzip";
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        // Not the response's own writer: it may hand out no room at all, which the framework's own Write cannot bear.
        await using Stream? zipped =
            wanted.Gzip ? new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true) : null;
        var pipe = PipeWriter.Create(
            zipped ?? response.Body, new StreamPipeWriterOptions(minimumBufferSize: 32 * 1024, leaveOpen: true));
        await new ExpositionWriter(pipe, wanted.Format, wanted.Escaping)
            .WriteAsync(merged.Families, context.RequestAborted, select);
        await pipe.CompleteAsync();
    }
}
