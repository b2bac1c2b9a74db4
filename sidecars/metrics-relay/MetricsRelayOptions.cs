using MetricsRelay.Exposition;
using MetricsRelay.Forwarding.Otlp;
using MetricsRelay.Forwarding.Pushgateway;
using MetricsRelay.Forwarding.RemoteWrite;
using MetricsRelay.Queue;
using MetricsRelay.Relabeling;
using MetricsRelay.Scraping;

namespace MetricsRelay;

/// <summary>The options of the metrics relay.</summary>
public sealed partial class MetricsRelayOptions : ContainerOptions, IValidatable
{
    /// <summary>The relay serves metrics on its management port, by default 9090.</summary>
    public MetricsRelayOptions() => Management.Port = 9090;

    /// <summary>The targets, the scrape interval, and the limits.</summary>
    public ScrapeOptions Scrape { get; set; } = new();

    /// <summary>
    /// Labels for every series without a label of that name, such as <c>pod</c>, <c>namespace</c> and <c>node</c>. Default: none.
    /// </summary>
    public Dictionary<string, string> ExternalLabels { get; set; } = [];

    /// <summary>Rules that keep, drop or rename scraped series, in order. Default: none.</summary>
    public List<RelabelRuleOptions> Relabel { get; set; } = [];

    /// <summary>Forwarding by remote write.</summary>
    public RemoteWriteOptions RemoteWrite { get; set; } = new();

    /// <summary>Forwarding by OTLP.</summary>
    public OtlpOptions Otlp { get; set; } = new();

    /// <summary>Pushing the last scrape at shutdown, for Jobs.</summary>
    public PushgatewayOptions Pushgateway { get; set; } = new();

    /// <summary>The queue of samples that wait to be forwarded.</summary>
    public QueueOptions Queue { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        foreach (var (name, value) in ExternalLabels)
        {
            if (!LabelText.IsConfigurableLabelName(name))
            {
                yield return new ConfigurationError($"{path}{nameof(ExternalLabels)}:{name}", value,
                    "is not a label name. Use letters, digits and underscores; do not start with a digit or '__'.");
            }
        }
    }

    internal ScrapeConfiguration ToScrapeConfiguration() => new(Scrape, ExternalLabels, Relabel);
}
