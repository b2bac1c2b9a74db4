using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TlsProxy.Tests.Support;

/// <summary>Certificates as a real authority issues them: a root, an intermediate, and leaves.</summary>
internal sealed class TestCertificates
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private static int _serial;

    private readonly X509Certificate2 _intermediate;

    public TestCertificates(string name = "Test")
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest($"CN={name} Root", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        root.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        root.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(root.PublicKey, false));
        Root = root.CreateSelfSigned(Now.AddYears(-2), Now.AddYears(10));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var intermediate = new CertificateRequest($"CN={name} Intermediate", key, HashAlgorithmName.SHA256);
        intermediate.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        intermediate.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        intermediate.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(intermediate.PublicKey, false));
        intermediate.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Root, true, false));
        _intermediate = intermediate.Create(Root, Now.AddYears(-2), Now.AddYears(9), NextSerial()).CopyWithPrivateKey(key);
    }

    public X509Certificate2 Root { get; }

    public X509Certificate2 Intermediate => _intermediate;

    /// <summary>The root and the intermediate, as a <c>ca.crt</c>.</summary>
    public string BundlePem => Root.ExportCertificatePem() + "\n" + _intermediate.ExportCertificatePem() + "\n";

    /// <summary>A pair for a server.</summary>
    public Pair Issue(
        string[]? names = null, DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null, bool rsa = false, int rsaBits = 2048, string? uri = null, string? subject = null, bool client = false)
    {
        names ??= ["localhost"];
        using AsymmetricAlgorithm key = rsa ? RSA.Create(rsaBits) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var distinguished = subject ?? $"CN={names.FirstOrDefault() ?? "nobody"}";
        var request = key is RSA rsaKey
            ? new CertificateRequest(distinguished, rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(distinguished, (ECDsa)key, HashAlgorithmName.SHA256);
        var alternative = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            alternative.AddDnsName(name);
        }

        if (uri is not null)
        {
            alternative.AddUri(new Uri(uri));
        }

        request.CertificateExtensions.Add(alternative.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(client ? "1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_intermediate, true, false));
        var generator = X509SignatureGenerator.CreateForECDsa(_intermediate.GetECDsaPrivateKey()!);
        using var leaf = request.Create(
            _intermediate.SubjectName, generator, notBefore ?? Now.AddDays(-1), notAfter ?? Now.AddDays(90), NextSerial());
        return new Pair(
            leaf.ExportCertificatePem(),
            _intermediate.ExportCertificatePem(),
            key.ExportPkcs8PrivateKeyPem(),
            key is RSA r ? r.ExportRSAPrivateKeyPem() : ((ECDsa)key).ExportECPrivateKeyPem(),
            leaf.SerialNumber);
    }

    private static byte[] NextSerial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = 0x10;
        serial[15] = (byte)Interlocked.Increment(ref _serial);
        return serial;
    }

    /// <param name="Leaf">PEM.</param>
    /// <param name="Chain">PEM of the intermediate.</param>
    /// <param name="Key">PEM, PKCS#8.</param>
    /// <param name="TraditionalKey">PEM, PKCS#1 or SEC1.</param>
    /// <param name="Serial">Hexadecimal.</param>
    internal sealed record Pair(string Leaf, string Chain, string Key, string TraditionalKey, string Serial)
    {
        public string Certificates => Leaf + "\n" + Chain + "\n";

        public Dictionary<string, string> Files => new() { ["tls.crt"] = Certificates, ["tls.key"] = Key + "\n" };

        public X509Certificate2 ToCertificate() => X509Certificate2.CreateFromPem(Leaf, Key);
    }
}
