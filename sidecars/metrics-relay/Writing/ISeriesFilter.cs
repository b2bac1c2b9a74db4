using MetricsRelay.Exposition;

namespace MetricsRelay.Writing;

/// <summary>Selects the series that a request selects.</summary>
internal interface ISeriesFilter
{
    bool MatchesSeries(SeriesCatalog catalog, int seriesId);
}
