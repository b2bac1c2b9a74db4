namespace MetricsRelay.Exposition;

/// <summary>Relays every series unchanged.</summary>
internal sealed class PassThroughTransform : ISeriesTransform
{
    public static readonly PassThroughTransform Instance = new();

    public bool MayMergeSeries => false;

    public bool TransformSeries(ref string name, List<Label> labels) => true;
}
