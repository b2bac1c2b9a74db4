namespace MetricsRelay.Exposition;

/// <summary>Picks the series that a reader asked for.</summary>
internal interface ISampleFilter
{
    bool Takes(Catalog catalog, int series);
}
