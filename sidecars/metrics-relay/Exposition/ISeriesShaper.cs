namespace MetricsRelay.Exposition;

/// <summary>Decides under which name and labels a scraped series is passed on. Asked once for each new series.</summary>
internal interface ISeriesShaper
{
    /// <summary>Whether two scraped series may come out alike.</summary>
    bool MayCollide { get; }

    /// <param name="name">The sample's name; may be replaced.</param>
    /// <param name="labels">Its labels; may be changed in place.</param>
    /// <returns>False to drop the series.</returns>
    bool Shape(ref string name, List<Label> labels);
}
