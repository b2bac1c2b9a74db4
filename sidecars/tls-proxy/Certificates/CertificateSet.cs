using System.Collections.Frozen;

namespace TlsProxy.Certificates;

/// <summary>Every certificate that is served at one moment, found by name in constant time. Never changed, only replaced.</summary>
internal sealed class CertificateSet
{
    private readonly FrozenDictionary<string, ServedCertificate> _exact;
    private readonly FrozenDictionary<string, ServedCertificate> _wildcards;

    /// <param name="certificates">The default one first. Where two serve the same name, the earlier does.</param>
    public CertificateSet(IReadOnlyList<(string? Name, ServedCertificate Certificate)> certificates)
    {
        All = [.. certificates.Select(c => c.Certificate)];
        Default = All[0];

        var exact = new Dictionary<string, ServedCertificate>(StringComparer.OrdinalIgnoreCase);
        var wildcards = new Dictionary<string, ServedCertificate>(StringComparer.OrdinalIgnoreCase);
        var names = new List<(string Name, ServedCertificate Certificate)>();

        // What the configuration says outright beats what happens to stand in a certificate.
        foreach (var (name, certificate) in certificates.Where(c => IsDnsName(c.Name)))
        {
            Add(name!, certificate);
        }

        foreach (var certificate in All)
        {
            foreach (var name in certificate.Names)
            {
                Add(name, certificate);
            }
        }

        _exact = exact.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        _wildcards = wildcards.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        Names = names;

        void Add(string name, ServedCertificate certificate)
        {
            var isFirst = name.StartsWith("*.", StringComparison.Ordinal)
                ? wildcards.TryAdd(name[2..], certificate)
                : exact.TryAdd(name, certificate);
            if (isFirst)
            {
                names.Add((name.ToLowerInvariant(), certificate));
            }
        }
    }

    public IReadOnlyList<ServedCertificate> All { get; }

    public ServedCertificate Default { get; }

    /// <summary>Each name once, wildcards too, in lower case, with the certificate that is served for it; those of the configuration first.</summary>
    public IReadOnlyList<(string Name, ServedCertificate Certificate)> Names { get; }

    /// <summary>
    /// The certificate for a name, or null. A wildcard stands for exactly one label (RFC 6125, 6.4.3); an exact name
    /// goes before it.
    /// </summary>
    public ServedCertificate? Find(string serverName)
    {
        if (_exact.TryGetValue(serverName, out var certificate))
        {
            return certificate;
        }

        var dot = serverName.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _wildcards.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(serverName.AsSpan(dot + 1), out certificate)
            ? certificate
            : null;
    }

    private static bool IsDnsName(string? name) =>
        name is not null && name.Contains('.', StringComparison.Ordinal) && Uri.CheckHostName(name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name) == UriHostNameType.Dns;
}
