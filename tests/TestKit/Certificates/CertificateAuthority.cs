using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TestKit;

/// <summary>A certificate authority for tests: a root, an intermediate that signs, and the leaf certificates that it issues.</summary>
public sealed class CertificateAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private static int _serial;

    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    /// <summary>Creates the authority.</summary>
    /// <param name="name">Part of the subjects, to tell authorities apart.</param>
    /// <param name="hasIntermediate">Whether an intermediate signs the leaves; otherwise the root does, and the chain is empty.</param>
    public CertificateAuthority(string name = "Test", bool hasIntermediate = true)
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = CreateAuthorityRequest($"CN={name} Root", rootKey, hasPathLimit: false);
        Root = rootRequest.CreateSelfSigned(_now.AddYears(-2), _now.AddYears(10));
        if (!hasIntermediate)
        {
            return;
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = CreateAuthorityRequest($"CN={name} Intermediate", key, hasPathLimit: true);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Root, true, false));
        using var certificate = request.Create(Root, _now.AddYears(-2), _now.AddYears(9), CreateSerial());
        Intermediate = certificate.CopyWithPrivateKey(key);
    }

    /// <summary>The root certificate with its key.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>The intermediate certificate with its key; null if the root signs.</summary>
    public X509Certificate2? Intermediate { get; }

    /// <summary>The root, PEM.</summary>
    public string RootPem => Root.ExportCertificatePem() + "\n";

    /// <summary>The root and the intermediate, PEM, as in a <c>ca.crt</c>.</summary>
    public string BundlePem => Intermediate is null ? RootPem : RootPem + Intermediate.ExportCertificatePem() + "\n";

    /// <summary>Issues a certificate with a new key.</summary>
    /// <param name="names">DNS names and IP addresses; <c>localhost</c> by default.</param>
    /// <param name="notBefore">Yesterday by default.</param>
    /// <param name="notAfter">In 90 days by default.</param>
    /// <param name="rsaBits">The size of an RSA key; null for ECDSA P-256.</param>
    /// <param name="uri">A URI name, such as a SPIFFE id.</param>
    /// <param name="subject">The distinguished name; the first of the names by default.</param>
    /// <param name="isClient">Whether it identifies a client instead of a server.</param>
    public IssuedCertificate IssueCertificate(
        string[]? names = null,
        DateTimeOffset? notBefore = null,
        DateTimeOffset? notAfter = null,
        int? rsaBits = null,
        string? uri = null,
        string? subject = null,
        bool isClient = false)
    {
        names ??= ["localhost"];
        using AsymmetricAlgorithm key = rsaBits is { } bits ? RSA.Create(bits) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var distinguishedName = subject ?? $"CN={names.FirstOrDefault() ?? "unnamed"}";
        var request = key is RSA rsaKey
            ? new CertificateRequest(distinguishedName, rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(distinguishedName, (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(BuildAlternativeNames(names, uri));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(isClient ? ClientAuthentication : ServerAuthentication)], false));
        var issuer = Intermediate ?? Root;
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        var generator = X509SignatureGenerator.CreateForECDsa(issuer.GetECDsaPrivateKey()!);
        using var leaf = request.Create(
            issuer.SubjectName, generator, notBefore ?? _now.AddDays(-1), notAfter ?? _now.AddDays(90), CreateSerial());
        return new IssuedCertificate(
            leaf.ExportCertificatePem(),
            Intermediate?.ExportCertificatePem() ?? "",
            key.ExportPkcs8PrivateKeyPem(),
            key is RSA rsa ? rsa.ExportRSAPrivateKeyPem() : ((ECDsa)key).ExportECPrivateKeyPem(),
            leaf.SerialNumber);
    }

    /// <summary>Whether a chain leads from the certificate to this authority's root.</summary>
    public bool HasIssued(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Root);
        if (Intermediate is not null)
        {
            chain.ChainPolicy.ExtraStore.Add(Intermediate);
        }

        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Root.Dispose();
        Intermediate?.Dispose();
    }

    private static CertificateRequest CreateAuthorityRequest(string subject, ECDsa key, bool hasPathLimit)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, hasPathLimit, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }

    private static X509Extension BuildAlternativeNames(string[] names, string? uri)
    {
        var alternativeNames = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternativeNames.AddIpAddress(address);
            }
            else
            {
                alternativeNames.AddDnsName(name);
            }
        }

        if (uri is not null)
        {
            alternativeNames.AddUri(new Uri(uri));
        }

        return alternativeNames.Build();
    }

    private static byte[] CreateSerial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = 0x10; // Positive, and not shortened by leading zeros.
        serial[15] = (byte)Interlocked.Increment(ref _serial);
        return serial;
    }
}
