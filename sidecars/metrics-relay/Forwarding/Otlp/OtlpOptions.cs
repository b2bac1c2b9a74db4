namespace MetricsRelay.Forwarding.Otlp;

/// <summary>Forwards every scrape by OTLP over HTTP, as Protocol Buffers.</summary>
public sealed class OtlpOptions : ReceiverOptions
{
    /// <summary>
    /// The collector, such as <c>http://collector:4318</c>. Without a path, <c>/v1/metrics</c> is used. Default: none, nothing is
    /// forwarded.
    /// </summary>
    public Uri? Endpoint { get; set; }

    /// <summary>
    /// Attributes of the resource, such as <c>service.name</c>. Default: only <c>service.instance.id</c>, the name of the target.
    /// </summary>
    public Dictionary<string, string> Resource { get; set; } = [];

    /// <summary>Additional request headers, such as the one of a tenant. Default: none.</summary>
    public Dictionary<string, string> Headers { get; set; } = [];

    internal override (string Key, Uri? Url) Address => (nameof(Endpoint), Endpoint);

    /// <summary>The endpoint with its path.</summary>
    internal Uri Url => Endpoint!.AbsolutePath == "/" ? new Uri(Endpoint, "/v1/metrics") : Endpoint;

    /// <inheritdoc/>
    public override IEnumerable<ConfigurationError> Validate(string path)
    {
        foreach (var error in base.Validate(path))
        {
            yield return error;
        }

        using var probe = new HttpRequestMessage();
        foreach (var name in Headers.Keys.Where(name => !probe.Headers.TryAddWithoutValidation(name, "x")))
        {
            yield return new ConfigurationError($"{path}{nameof(Headers)}:{name}", null, "is not a valid request header.");
        }
    }
}
