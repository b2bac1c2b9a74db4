using MetricsRelay.Labels;
using MetricsRelay.Otlp;
using MetricsRelay.Pushgateway;
using MetricsRelay.Queue;
using MetricsRelay.Relabel;
using MetricsRelay.RemoteWrite;
using MetricsRelay.Scrape;

namespace MetricsRelay;

/// <summary>The options of the metrics relay.</summary>
public sealed class MetricsRelayOptions : ContainerOptions, IValidatable
{
    /// <summary>The relay's management port is the one that it relays on: 9090.</summary>
    public MetricsRelayOptions() => Management.Port = 9090;

    /// <summary>What is scraped, how often, and within which limits.</summary>
    public ScrapeOptions Scrape { get; set; } = new();

    /// <summary>Labels that are added to every series that has none of that name, such as <c>pod</c>, <c>namespace</c> and <c>node</c>. Default: none.</summary>
    public Dictionary<string, string> ExternalLabels { get; set; } = [];

    /// <summary>Rules that keep, drop or rename what is scraped, in order. Default: none.</summary>
    public List<RelabelRuleOptions> Relabel { get; set; } = [];

    /// <summary>Where every scrape is forwarded to by remote write.</summary>
    public RemoteWriteOptions RemoteWrite { get; set; } = new();

    /// <summary>Where every scrape is forwarded to by OTLP.</summary>
    public OtlpOptions Otlp { get; set; } = new();

    /// <summary>Where the last scrape goes when the relay ends: for Jobs.</summary>
    public PushgatewayOptions Pushgateway { get; set; } = new();

    /// <summary>Where samples wait that could not be forwarded yet.</summary>
    public QueueOptions Queue { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        foreach (var (name, value) in ExternalLabels)
        {
            if (!TargetLabels.IsUsable(name))
            {
                yield return new ConfigurationError($"{path}{nameof(ExternalLabels)}:{name}", value,
                    "is not a label name. Use letters, digits and underscores, not beginning with a digit or '__'.");
            }
        }
    }
}
