using System.ComponentModel.DataAnnotations;

namespace TlsProxy.Certificates;

/// <summary>Server certificates, and the requirements for clients.</summary>
public sealed class TlsOptions : IValidatable
{
    /// <summary>
    /// The mounted <c>kubernetes.io/tls</c> Secret: <c>tls.crt</c> (leaf first, then the chain), <c>tls.key</c> and optionally
    /// <c>ca.crt</c>. Its certificate is the default one. Default <c>/etc/tls</c>. May be empty when <see cref="Directories"/> has
    /// entries; the first of them by name then provides the default certificate.
    /// </summary>
    public string Directory { get; set; } = "/etc/tls";

    /// <summary>
    /// Additional Secrets, selected by the requested server name (SNI). A certificate serves the DNS names it contains; a key that is a
    /// DNS name itself (<c>api.example.com</c>, <c>*.example.com</c>) is served as well.
    /// </summary>
    public Dictionary<string, string> Directories { get; set; } = [];

    /// <summary>
    /// Reject a server name without a certificate with an <c>unrecognized_name</c> alert. Default false: such clients receive the
    /// default certificate.
    /// </summary>
    public bool StrictSni { get; set; }

    /// <summary>
    /// Whether a client certificate is requested: <c>none</c> (default), <c>allow</c> or <c>require</c>. The trusted authorities are in
    /// <c>ca.crt</c> of <see cref="Directory"/>, which is read again when it changes.
    /// </summary>
    public ClientCertificateMode ClientCertificate { get; set; } = ClientCertificateMode.None;

    /// <summary>Seconds for a complete handshake. Default 10.</summary>
    [Range(1, 300)]
    public int HandshakeTimeoutSeconds { get; set; } = 10;

    /// <summary>Seconds between two scans of the directories, for volumes that raise no change events. Default 10.</summary>
    [Range(1, 3600)]
    public int PollSeconds { get; set; } = 10;

    /// <summary>Which clients with a valid certificate are accepted.</summary>
    public AllowedClientsOptions AllowedClients { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Directory.Length == 0 && Directories.Count == 0)
        {
            yield return new(
                path + "Directory",
                "",
                "is empty, and Tls:Directories has no entries either: set it to the directory where the TLS Secret is mounted.");
        }

        foreach (var (name, _) in Directories.Where(d => d.Value.Length == 0))
        {
            yield return new(
                $"{path}Directories:{name}", "", "is empty: set it to the directory where its TLS Secret is mounted, or remove the name.");
        }

        if (ClientCertificate == ClientCertificateMode.None && !AllowedClients.IsEmpty)
        {
            yield return new(path + "AllowedClients", null, "has no effect while Tls:ClientCertificate is none: set that to require.");
        }
    }
}
