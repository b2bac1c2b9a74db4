using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using MetricsRelay.Merging;
using MetricsRelay.Scraping;
using MetricsRelay.Writing;

namespace MetricsRelay.Serving;

/// <summary>
/// <c>/metrics</c>: the merged metrics of the targets. Like with any exporter, values are current: a request scrapes the targets and
/// waits for them. Concurrent requests share a scrape, and a target is scraped at most ten times a second.
/// </summary>
internal sealed class MetricsEndpoint(Scraper scraper, TimeProvider time) : IDisposable
{
    // A slow reader prevents a buffer from being reused, so the number of concurrent readers is limited.
    private const int MaxReaders = 16;

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _readers = new(MaxReaders);

    public static void MapRoutes(IEndpointRouteBuilder routes) =>
        routes.MapMethods("/metrics", Methods, static (HttpContext context) =>
            context.RequestServices.GetRequiredService<MetricsEndpoint>().RespondAsync(context));

    /// <summary>Responds with all families, or with the series that the filter selects.</summary>
    public async Task RespondAsync(HttpContext context, ISeriesFilter? filter = null)
    {
        var cancellationToken = context.RequestAborted;
        if (!await _readers.WaitAsync(MaxWait, cancellationToken))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "1";
            return;
        }

        try
        {
            TargetSet targetSet;
            do
            {
                targetSet = scraper.TargetSet;
                await targetSet.RefreshTargetsAsync(GetMaxWait(context.Request), time, cancellationToken);
            }
            // A reload may have replaced the targets in the meantime.
            while (targetSet != scraper.TargetSet);

            var merged = targetSet.LeaseMerged();
            try
            {
                await WriteResponseAsync(context, merged, filter);
            }
            finally
            {
                merged.ReleaseLease();
            }
        }
        finally
        {
            _readers.Release();
        }
    }

    public void Dispose() => _readers.Dispose();

    // Half of the time limit of the reader, so that one slow target does not make the whole request fail.
    private static TimeSpan GetMaxWait(HttpRequest request) =>
        double.TryParse(request.Headers["X-Prometheus-Scrape-Timeout-Seconds"], CultureInfo.InvariantCulture, out var seconds)
        && seconds > 0 && seconds / 2 < MaxWait.TotalSeconds
            ? TimeSpan.FromSeconds(seconds / 2)
            : MaxWait;

    private static async Task WriteResponseAsync(HttpContext context, MergedExposition merged, ISeriesFilter? filter)
    {
        var negotiation = ContentNegotiation.ReadFrom(context.Request);
        var response = context.Response;
        response.ContentType = negotiation.ContentType;
        response.Headers.Vary = "Accept, Accept-Encoding";
        if (negotiation.AcceptsGzip)
        {
            response.Headers.ContentEncoding = "gzip";
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        // Not the writer of the response: it may return an empty span, which BuffersExtensions.Write does not support.
        await using Stream? gzip =
            negotiation.AcceptsGzip ? new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true) : null;
        var pipe = PipeWriter.Create(
            gzip ?? response.Body, new StreamPipeWriterOptions(minimumBufferSize: 32 * 1024, leaveOpen: true));
        await new MergedExpositionWriter(pipe, negotiation.Format, negotiation.Escaping)
            .WriteFamiliesAsync(merged.Families, context.RequestAborted, filter);
        await pipe.CompleteAsync();
    }
}
