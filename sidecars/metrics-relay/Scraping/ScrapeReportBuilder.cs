using System.Globalization;
using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Labeling;
using MetricsRelay.Parsing;

namespace MetricsRelay.Scraping;

/// <summary>Builds the series that the relay reports about each scrape: <c>up</c> and three more.</summary>
internal sealed class ScrapeReportBuilder(TargetLabels labels)
{
    private readonly ExpositionParser _parser = new();
    private readonly ScrapeBufferPool _buffers = new();
    private readonly SeriesCatalog _catalog = new(ExpositionFormat.Text, new ScrapeReportLabels(labels));

    /// <returns>A buffer whose first lease belongs to the caller.</returns>
    public ScrapeBuffer BuildReport(ScrapeResult result)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"""
            # HELP up Whether the last scrape of the target succeeded.
            # TYPE up gauge
            up {(result.IsUp ? 1 : 0)}
            # HELP scrape_duration_seconds How long the last scrape of the target took.
            # TYPE scrape_duration_seconds gauge
            scrape_duration_seconds {result.Duration.TotalSeconds}
            # HELP scrape_samples_scraped Samples that the target exposed.
            # TYPE scrape_samples_scraped gauge
            scrape_samples_scraped {result.Samples}
            # HELP scrape_response_size_bytes Size of the response of the target, decompressed.
            # TYPE scrape_response_size_bytes gauge
            scrape_response_size_bytes {result.Bytes}

            """);
        var buffer = _buffers.RentBuffer();
        _parser.BeginScrape(_catalog, buffer);
        _parser.ParsePiece(Encoding.UTF8.GetBytes(text));
        _parser.EndScrape();
        return buffer;
    }
}
