using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Scraping;

namespace MetricsRelay.Tests.Scraping;

public sealed class CatalogLifetimeTests
{
    private readonly CatalogLifetime _catalogs = new(PassThroughTransform.Instance);

    [Fact]
    public void Catalog_is_kept_for_the_same_format_and_replaced_for_another()
    {
        var catalog = _catalogs.GetCatalog(ExpositionFormat.Text);

        Assert.Same(catalog, _catalogs.GetCatalog(ExpositionFormat.Text));
        Assert.NotSame(catalog, _catalogs.GetCatalog(ExpositionFormat.OpenMetrics));
    }

    [Theory]
    [InlineData(2500, true)]
    [InlineData(2400, false)]
    public void Catalog_is_discarded_when_less_than_half_of_it_is_used(int samples, bool isKept)
    {
        var catalog = _catalogs.GetCatalog(ExpositionFormat.Text);
        for (var i = 0; i < 5000; i++)
        {
            catalog.AddSeriesText(Encoding.UTF8.GetBytes($"a{i}"), i - 1);
        }

        _catalogs.DiscardIfMostlyUnused(catalog, samples);

        Assert.Equal(isKept, ReferenceEquals(catalog, _catalogs.GetCatalog(ExpositionFormat.Text)));
    }
}
