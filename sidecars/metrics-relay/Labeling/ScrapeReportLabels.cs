using MetricsRelay.Exposition;

namespace MetricsRelay.Labeling;

/// <summary>Adds labels to the series that the relay reports about a scrape. Relabel rules do not apply to them.</summary>
internal sealed class ScrapeReportLabels(TargetLabels labels) : ISeriesTransform
{
    public bool MayMergeSeries => false;

    public bool TransformSeries(ref string name, List<Label> own)
    {
        labels.AddLabels(own);
        return true;
    }
}
