using MetricsRelay.Exposition;

namespace MetricsRelay.Scraping;

/// <summary>
/// Keeps the catalog of a target between scrapes, and replaces it once most of it is unused. Otherwise a target whose series change
/// all the time would fill the memory.
/// </summary>
internal sealed class CatalogLifetime(ISeriesTransform transform)
{
    // Replacing a smaller catalog is not worth it.
    private const int MinReplacedCount = 4096;

    private SeriesCatalog? _catalog;
    private int _initialNames;

    public SeriesCatalog GetCatalog(ExpositionFormat format) =>
        _catalog?.Format == format ? _catalog : _catalog = new SeriesCatalog(format, transform);

    public void DiscardCatalog() => _catalog = null;

    /// <summary>Discards the catalog if the last scrape used less than half of it.</summary>
    public void DiscardIfMostlyUnused(SeriesCatalog catalog, int samples)
    {
        // A series may be written in changing ways, and a name may be declared without a series, so each is counted separately.
        // The first scrape shows how many names are in use, because a steady target never has more.
        if (catalog.ScrapeNumber == 1)
        {
            _initialNames = catalog.Names.Count;
        }

        if (IsMostlyUnused(catalog.SeriesCount, samples)
            || IsMostlyUnused(catalog.Texts.Count, samples)
            || IsMostlyUnused(catalog.Names.Count, _initialNames))
        {
            DiscardCatalog();
        }
    }

    private static bool IsMostlyUnused(int count, int used) => count > MinReplacedCount && count > 2 * used;
}
