using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace TlsProxy.Certificates;

/// <summary>A certificate with everything that a handshake needs, prepared once.</summary>
internal sealed class ServedCertificate
{
    public ServedCertificate(
        string directory, string hash, X509Certificate2 leaf, X509Certificate2Collection chain, X509Certificate2Collection authorities)
    {
        Directory = directory;
        Hash = hash;
        Leaf = leaf;
        Chain = chain;
        Authorities = authorities;
        Names = ReadNames(leaf);

        // Offline: the chain comes from tls.crt, and no handshake waits for a download.
        Context = SslStreamCertificateContext.Create(leaf, chain, offline: true);
    }

    public string Directory { get; }

    /// <summary>The hash of the files that contained it.</summary>
    public string Hash { get; }

    public X509Certificate2 Leaf { get; }

    /// <summary>The intermediate certificates sent to clients.</summary>
    public X509Certificate2Collection Chain { get; }

    /// <summary>The authorities trusted for client certificates (<c>ca.crt</c>).</summary>
    public X509Certificate2Collection Authorities { get; }

    /// <summary>The DNS names of the certificate; may contain wildcards.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>
    /// Contains the chain and the keys of the session tickets: a new context for each new certificate ends the resumption of sessions
    /// that were created under the old one.
    /// </summary>
    public SslStreamCertificateContext Context { get; }

    public DateTimeOffset NotAfter => new(Leaf.NotAfter.ToUniversalTime());

    public DateTimeOffset NotBefore => new(Leaf.NotBefore.ToUniversalTime());

    private static List<string> ReadNames(X509Certificate2 leaf)
    {
        var names = new List<string>();
        foreach (var extension in leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            names.AddRange(extension.EnumerateDnsNames());
        }

        if (names.Count == 0 && CommonNames.FindMostSpecific(leaf.SubjectName) is { Length: > 0 } commonName)
        {
            names.Add(commonName);
        }

        return names;
    }
}
