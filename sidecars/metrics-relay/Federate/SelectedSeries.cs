using MetricsRelay.Exposition;

namespace MetricsRelay.Federate;

/// <summary>The series that at least one of the selectors matches.</summary>
internal sealed class SelectedSeries(IReadOnlyList<Selector> selectors) : ISampleFilter
{
    private readonly List<Label> _labels = [];

    public bool Takes(Catalog catalog, int series)
    {
        var name = LabelText.ReadSeries(catalog.OutputText(in catalog.Series[series]), _labels);
        foreach (var selector in selectors)
        {
            if (selector.Matches(name, _labels))
            {
                return true;
            }
        }

        return false;
    }
}
