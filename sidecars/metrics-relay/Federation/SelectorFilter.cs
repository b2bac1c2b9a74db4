using MetricsRelay.Exposition;
using MetricsRelay.Writing;

namespace MetricsRelay.Federation;

/// <summary>Selects the series that at least one selector matches.</summary>
internal sealed class SelectorFilter(IReadOnlyList<Selector> selectors) : ISeriesFilter
{
    private readonly List<Label> _labels = [];

    public bool MatchesSeries(SeriesCatalog catalog, int seriesId)
    {
        var name = LabelText.ParseSeries(catalog.Outputs.GetText(in catalog.Series[seriesId]), _labels);
        foreach (var selector in selectors)
        {
            if (selector.MatchesSeries(name, _labels))
            {
                return true;
            }
        }

        return false;
    }
}
