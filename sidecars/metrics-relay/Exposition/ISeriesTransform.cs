namespace MetricsRelay.Exposition;

/// <summary>Decides under which name and labels a scraped series is relayed. Called once for each new series.</summary>
internal interface ISeriesTransform
{
    /// <summary>Whether two scraped series may get the same name and labels.</summary>
    bool MayMergeSeries { get; }

    /// <param name="name">The sample name; may be replaced.</param>
    /// <param name="labels">The labels; may be changed in place.</param>
    /// <returns>False to drop the series.</returns>
    bool TransformSeries(ref string name, List<Label> labels);
}
