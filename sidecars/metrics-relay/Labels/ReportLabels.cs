using MetricsRelay.Exposition;

namespace MetricsRelay.Labels;

/// <summary>Labels the series that the relay itself says of a target; no relabel rule touches them.</summary>
internal sealed class ReportLabels(TargetLabels labels) : ISeriesShaper
{
    public bool MayCollide => false;

    public bool Shape(ref string name, List<Label> own)
    {
        labels.AddTo(own);
        return true;
    }
}
