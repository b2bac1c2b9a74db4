namespace TlsProxy.Clients;

/// <summary>Which proxies in front of this one are trusted.</summary>
public sealed class ForwardedOptions : IValidatable
{
    /// <summary>
    /// Networks (CIDR) of trusted proxies in front. Their <c>X-Forwarded-For</c>, <c>-Proto</c>, <c>-Host</c> and
    /// <c>Forwarded</c> headers are kept and extended. Default: none, so these headers are discarded when a client sends them.
    /// </summary>
    public string[] TrustedNetworks { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        foreach (var network in TrustedNetworks)
        {
            if (!Clients.TrustedNetworks.TryParse(network, out _))
            {
                yield return new(
                    path + "TrustedNetworks",
                    network,
                    "is not a network. Write it like 10.0.0.0/8 or fd00::/8; a single address needs no length.");
            }
        }
    }
}
