using System.Collections.Frozen;

namespace TlsProxy.Certificates;

/// <summary>All certificates served at one moment, found by name in constant time. Immutable: a change creates a new set.</summary>
internal sealed class CertificateSet
{
    private readonly FrozenDictionary<string, ServedCertificate> _exact;
    private readonly FrozenDictionary<string, ServedCertificate> _wildcards;

    /// <param name="certificates">The default one first. If two certificates have the same name, the earlier one is served.</param>
    public CertificateSet(IReadOnlyList<(string? Name, ServedCertificate Certificate)> certificates)
    {
        All = [.. certificates.Select(c => c.Certificate)];
        Default = All[0];

        var exact = new Dictionary<string, ServedCertificate>(StringComparer.OrdinalIgnoreCase);
        var wildcards = new Dictionary<string, ServedCertificate>(StringComparer.OrdinalIgnoreCase);
        var names = new List<(string Name, ServedCertificate Certificate)>();

        // Names in the configuration take precedence over names in certificates.
        foreach (var (name, certificate) in certificates.Where(c => IsDnsName(c.Name)))
        {
            AddName(name!, certificate);
        }

        foreach (var certificate in All)
        {
            foreach (var name in certificate.Names)
            {
                AddName(name, certificate);
            }
        }

        _exact = exact.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        _wildcards = wildcards.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        Names = names;

        void AddName(string name, ServedCertificate certificate)
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

    /// <summary>Each name once, including wildcards, in lower case, with the certificate served for it; configured names first.</summary>
    public IReadOnlyList<(string Name, ServedCertificate Certificate)> Names { get; }

    /// <summary>
    /// The certificate for a name, or null. A wildcard matches exactly one label (RFC 6125, section 6.4.3); an exact name takes
    /// precedence.
    /// </summary>
    public ServedCertificate? FindByName(string serverName)
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

    private static bool IsDnsName(string? name)
    {
        if (name is null || !name.Contains('.', StringComparison.Ordinal))
        {
            return false;
        }

        return Uri.CheckHostName(name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name) == UriHostNameType.Dns;
    }
}
