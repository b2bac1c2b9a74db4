namespace MetricsRelay.Forwarding.RemoteWrite;

/// <summary>Forwards every scrape by Prometheus remote write.</summary>
public sealed class RemoteWriteOptions : ReceiverOptions
{
    internal const string Version1 = "1.0";
    internal const string Version2 = "2.0";

    /// <summary>The receiver, such as <c>http://prometheus:9090/api/v1/write</c>. Default: none, nothing is forwarded.</summary>
    public Uri? Url { get; set; }

    /// <summary>
    /// The version of the protocol: <c>1.0</c> (default) or <c>2.0</c>, which adds types, help texts and exemplars, and falls back to
    /// 1.0 if the receiver does not support it.
    /// </summary>
    public string Version { get; set; } = Version1;

    internal override (string Key, Uri? Url) Address => (nameof(Url), Url);

    /// <inheritdoc/>
    public override IEnumerable<ConfigurationError> Validate(string path)
    {
        foreach (var error in base.Validate(path))
        {
            yield return error;
        }

        if (Version is not (Version1 or Version2))
        {
            yield return new ConfigurationError($"{path}{nameof(Version)}", Version, "is not a version of remote write. Use 1.0 or 2.0.");
        }
    }
}
