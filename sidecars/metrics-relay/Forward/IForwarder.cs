using MetricsRelay.Scrape;

namespace MetricsRelay.Forward;

/// <summary>Passes on what each scrape of the interval found.</summary>
internal interface IForwarder
{
    /// <summary>What it is called where something is said of it.</summary>
    string Name { get; }

    /// <summary>Whether the targets are to be scraped once more when the relay ends.</summary>
    bool WantsALastScrape { get; }

    /// <summary>Takes the last scrape of a target.</summary>
    void Take(Target target);

    /// <summary>Ends the series of all targets but these.</summary>
    void End(IReadOnlySet<string> stillThere);
}
