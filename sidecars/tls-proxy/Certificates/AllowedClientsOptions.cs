namespace TlsProxy.Certificates;

/// <summary>
/// Clients that are accepted. One matching entry of any list is enough; without entries, every valid certificate is accepted.
/// </summary>
public sealed class AllowedClientsOptions
{
    /// <summary>
    /// Common names of subjects, such as <c>frontend</c>. If a subject has several, the most specific one is compared. No other part of
    /// a subject replaces a missing common name.
    /// </summary>
    public string[] CommonNames { get; set; } = [];

    /// <summary>DNS names among the alternative names.</summary>
    public string[] DnsNames { get; set; } = [];

    /// <summary>
    /// URIs among the alternative names, such as <c>spiffe://cluster.local/ns/web/sa/frontend</c>. An entry that ends in <c>/*</c> matches
    /// every URI below it.
    /// </summary>
    public string[] Uris { get; set; } = [];

    /// <summary>Whether no list has an entry.</summary>
    internal bool IsEmpty => CommonNames.Length + DnsNames.Length + Uris.Length == 0;
}
