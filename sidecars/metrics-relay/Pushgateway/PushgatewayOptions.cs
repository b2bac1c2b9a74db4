using MetricsRelay.Forward;
using MetricsRelay.Labels;

namespace MetricsRelay.Pushgateway;

/// <summary>Pushes the last scrape to a Pushgateway when the relay ends: for Jobs, which end before anybody scrapes them.</summary>
public sealed class PushgatewayOptions : ReceiverOptions
{
    /// <summary>The Pushgateway, such as <c>http://pushgateway:9091</c>. Default: none, nothing is pushed.</summary>
    public Uri? Url { get; set; }

    /// <summary>The group's <c>job</c> label. Default: the external label <c>job</c>, else <c>metrics-relay</c>.</summary>
    public string Job { get; set; } = "";

    /// <summary>Further labels of the group, such as <c>instance</c>. Default: none.</summary>
    public Dictionary<string, string> Grouping { get; set; } = [];

    /// <summary>
    /// <c>PUT</c> (default): the group has these metrics and no others. <c>POST</c>: metrics of other names stay in the group.
    /// </summary>
    public string Method { get; set; } = "PUT";

    internal override (string Key, Uri? Url) Address => (nameof(Url), Url);

    /// <inheritdoc/>
    public override IEnumerable<ConfigurationError> Validate(string path)
    {
        foreach (var error in base.Validate(path))
        {
            yield return error;
        }

        if (Method is not ("PUT" or "POST"))
        {
            yield return new ConfigurationError($"{path}{nameof(Method)}", Method, "is neither PUT nor POST.");
        }

        foreach (var (name, value) in Grouping.Where(label => label.Key == "job" || !TargetLabels.IsUsable(label.Key)))
        {
            yield return new ConfigurationError($"{path}{nameof(Grouping)}:{name}", value, name == "job"
                ? "is the key Job."
                : "is not a label name. Use letters, digits and underscores, not beginning with a digit or '__'.");
        }
    }
}
