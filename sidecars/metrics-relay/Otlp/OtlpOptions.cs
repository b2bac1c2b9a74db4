using MetricsRelay.Forward;

namespace MetricsRelay.Otlp;

/// <summary>Forwards every scrape by OTLP over HTTP, as protobuf.</summary>
public sealed class OtlpOptions : ReceiverOptions
{
    /// <summary>
    /// The collector, such as <c>http://collector:4318</c>; without a path <c>/v1/metrics</c> is meant. Default: none,
    /// nothing is forwarded.
    /// </summary>
    public Uri? Endpoint { get; set; }

    /// <summary>Attributes of the resource, such as <c>service.name</c>; <c>service.instance.id</c> is the target where it is not set. Default: that one.</summary>
    public Dictionary<string, string> Resource { get; set; } = [];

    /// <summary>Further headers of every request, such as a tenant's. Default: none.</summary>
    public Dictionary<string, string> Headers { get; set; } = [];

    internal override (string Key, Uri? Url) Address => (nameof(Endpoint), Endpoint);

    /// <summary>Where requests go.</summary>
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
            yield return new ConfigurationError($"{path}{nameof(Headers)}:{name}", null, "is not a header of a request.");
        }
    }
}
