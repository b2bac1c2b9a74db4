using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace TlsProxy.Certificates;

/// <summary>A certificate with everything that a handshake needs, made once.</summary>
internal sealed class ServedCertificate
{
    public ServedCertificate(string directory, string hash, X509Certificate2 leaf, X509Certificate2Collection chain, X509Certificate2Collection authorities)
    {
        Directory = directory;
        Hash = hash;
        Leaf = leaf;
        Chain = chain;
        Authorities = authorities;
        Names = NamesOf(leaf);
        // Offline: the chain is what stands in tls.crt, and no handshake waits for somebody else's web server.
        Context = SslStreamCertificateContext.Create(leaf, chain, offline: true);
    }

    public string Directory { get; }

    /// <summary>Of the files that it came from.</summary>
    public string Hash { get; }

    public X509Certificate2 Leaf { get; }

    /// <summary>The intermediates that are sent along.</summary>
    public X509Certificate2Collection Chain { get; }

    /// <summary>Whose client certificates are believed (<c>ca.crt</c>).</summary>
    public X509Certificate2Collection Authorities { get; }

    /// <summary>The DNS names that it is good for; may hold wildcards.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>
    /// Holds the chain and, inside, the session tickets' keys: a new context for each new pair ends the resumption of
    /// sessions that were made under the old one.
    /// </summary>
    public SslStreamCertificateContext Context { get; }

    public DateTimeOffset NotAfter => new(Leaf.NotAfter.ToUniversalTime());

    public DateTimeOffset NotBefore => new(Leaf.NotBefore.ToUniversalTime());

    private static List<string> NamesOf(X509Certificate2 leaf)
    {
        var names = new List<string>();
        foreach (var extension in leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            names.AddRange(extension.EnumerateDnsNames());
        }

        if (names.Count == 0 && CommonNames.MostSpecific(leaf.SubjectName) is { Length: > 0 } common)
        {
            names.Add(common);
        }

        return names;
    }
}
