namespace MetricsRelay.Scrape;

/// <summary>Passes on what each scrape of the interval found.</summary>
internal interface IForwarder
{
    /// <summary>Takes the last scrape of a target.</summary>
    void Take(Target target);

    /// <summary>Ends the series of all targets but these.</summary>
    void End(IReadOnlySet<string> stillThere);
}
