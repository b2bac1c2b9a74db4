using MetricsRelay.Exposition;

namespace MetricsRelay.Forwarding.Pushgateway;

/// <summary>Pushes the last scrape to a Pushgateway at shutdown: for Jobs, which exit before a Prometheus server scrapes them.</summary>
public sealed class PushgatewayOptions : ReceiverOptions
{
    /// <summary>The Pushgateway, such as <c>http://pushgateway:9091</c>. Default: none, nothing is pushed.</summary>
    public Uri? Url { get; set; }

    /// <summary>The <c>job</c> label of the group. Default: the external label <c>job</c>, or <c>metrics-relay</c>.</summary>
    public string Job { get; set; } = "";

    /// <summary>Other labels of the group, such as <c>instance</c>. Default: none.</summary>
    public Dictionary<string, string> Grouping { get; set; } = [];

    /// <summary>
    /// <c>PUT</c> (default) replaces all metrics of the group. <c>POST</c> replaces only the metrics with the same names.
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
            yield return new ConfigurationError($"{path}{nameof(Method)}", Method, "must be PUT or POST.");
        }

        foreach (var (name, value) in Grouping.Where(label => label.Key == "job" || !LabelText.IsConfigurableLabelName(label.Key)))
        {
            yield return new ConfigurationError($"{path}{nameof(Grouping)}:{name}", value, name == "job"
                ? "is set by the key Job."
                : "is not a label name. Use letters, digits and underscores; do not start with a digit or '__'.");
        }
    }
}
