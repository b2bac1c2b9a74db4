using System.ComponentModel.DataAnnotations;

namespace TlsProxy;

/// <summary>Certificates, and what is asked of clients.</summary>
public sealed class TlsOptions : IValidatable
{
    /// <summary>
    /// The mounted <c>kubernetes.io/tls</c> Secret: <c>tls.crt</c> (leaf first, then the chain), <c>tls.key</c> and
    /// optionally <c>ca.crt</c>. Its certificate is the default one. Default <c>/etc/tls</c>; may be empty when
    /// <see cref="Directories"/> has one: the first of them by name then takes its part.
    /// </summary>
    public string Directory { get; set; } = "/etc/tls";

    /// <summary>
    /// Further Secrets, chosen by the name that the client asks for (SNI). A certificate serves the DNS names that stand
    /// in it; a key that is itself a DNS name (<c>api.example.com</c>, <c>*.example.com</c>) is one more.
    /// </summary>
    public Dictionary<string, string> Directories { get; set; } = [];

    /// <summary>
    /// Refuse a name that no certificate serves with an <c>unrecognized_name</c> alert. Default false: such clients get
    /// the default certificate.
    /// </summary>
    public bool StrictSni { get; set; }

    /// <summary>
    /// Whether clients are asked for a certificate: <c>none</c> (default), <c>allow</c>, <c>require</c>. Who signs them
    /// stands in <c>ca.crt</c> of <see cref="Directory"/>, which is read again when it changes.
    /// </summary>
    public ClientCertificateMode ClientCertificate { get; set; } = ClientCertificateMode.None;

    /// <summary>Seconds for a whole handshake. Default 10.</summary>
    [Range(1, 300)]
    public int HandshakeTimeoutSeconds { get; set; } = 10;

    /// <summary>
    /// Seconds between two looks at the content of the directories, for volumes whose change raises no event.
    /// Default 10.
    /// </summary>
    [Range(1, 3600)]
    public int PollSeconds { get; set; } = 10;

    /// <summary>Which of the clients with a good certificate may come in.</summary>
    public AllowedClientsOptions AllowedClients { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Directory.Length == 0 && Directories.Count == 0)
        {
            yield return new(path + "Directory", "", "is empty and Tls:Directories has none either: give the directory where the TLS Secret is mounted.");
        }

        foreach (var (name, _) in Directories.Where(d => d.Value.Length == 0))
        {
            yield return new($"{path}Directories:{name}", "", "is empty: give the directory where its TLS Secret is mounted, or leave the name out.");
        }

        if (ClientCertificate == ClientCertificateMode.None && !AllowedClients.IsEmpty)
        {
            yield return new(path + "AllowedClients", null, "has no effect while Tls:ClientCertificate is none: set that to require.");
        }
    }

    /// <summary>A client that matches one entry of one list may come in; without any entry every one may.</summary>
    public sealed class AllowedClientsOptions
    {
        /// <summary>
        /// Common names of subjects, such as <c>frontend</c>. Of several in one subject the most specific counts; no other
        /// part of a subject stands in for a missing one.
        /// </summary>
        public string[] CommonNames { get; set; } = [];

        /// <summary>DNS names among the alternative names.</summary>
        public string[] DnsNames { get; set; } = [];

        /// <summary>URIs among the alternative names, such as <c>spiffe://cluster.local/ns/web/sa/frontend</c>; one that ends in <c>/*</c> means all below.</summary>
        public string[] Uris { get; set; } = [];

        /// <summary>Whether no list has an entry.</summary>
        internal bool IsEmpty => CommonNames.Length + DnsNames.Length + Uris.Length == 0;
    }
}
