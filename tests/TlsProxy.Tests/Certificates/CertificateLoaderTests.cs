using TlsProxy.Certificates;

namespace TlsProxy.Tests.Certificates;

public sealed class CertificateLoaderTests
{
    private static readonly CertificateAuthority Authority = new();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Every_key_algorithm_and_encoding_is_accepted(bool rsa, bool traditional)
    {
        var pair = Authority.IssueCertificate(rsaBits: rsa ? 2048 : null);
        var key = traditional ? pair.TraditionalKeyPem : pair.KeyPem;

        var served = CertificateLoader.LoadCertificate(
            "/etc/tls", new CertificateFiles(pair.CertificatesPem, key, null), DateTimeOffset.UtcNow);

        Assert.Contains(
            traditional ? (rsa ? "BEGIN RSA PRIVATE KEY" : "BEGIN EC PRIVATE KEY") : "BEGIN PRIVATE KEY", key, StringComparison.Ordinal);
        Assert.Equal(pair.SerialNumber, served.Leaf.SerialNumber);
        Assert.True(served.Leaf.HasPrivateKey);
        Assert.Equal(["localhost"], served.Names);
        Assert.Equal("CN=Test Intermediate", Assert.Single(served.Chain).Subject);
        Assert.Contains(served.Context.IntermediateCertificates, c => c.Subject == "CN=Test Intermediate");
    }

    [Fact]
    public void Curve_parameters_before_an_openssl_key_are_ignored()
    {
        var pair = Authority.IssueCertificate();
        var key = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + pair.TraditionalKeyPem;

        var files = new CertificateFiles(pair.CertificatesPem, key, null);
        Assert.Equal(pair.SerialNumber, CertificateLoader.LoadCertificate("/etc/tls", files, DateTimeOffset.UtcNow).Leaf.SerialNumber);
    }

    [Theory]
    [InlineData("CN=agent.example.com,O=Shop", "agent.example.com")]
    [InlineData("O=agent.example.com,C=DE", null)]
    public void Certificate_without_alternative_names_serves_only_its_common_name(string subject, string? served)
    {
        var pair = Authority.IssueCertificate([], subject: subject);

        var loaded = CertificateLoader.LoadCertificate(
            "/etc/tls", new CertificateFiles(pair.CertificatesPem, pair.KeyPem, null), DateTimeOffset.UtcNow);

        Assert.Equal(served is null ? [] : [served], loaded.Names);
    }

    public static TheoryData<string, string> Broken => new()
    {
        { "mismatched", "does not belong to" },
        { "chain first", "not the first in tls.crt" },
        { "expired", "expired on" },
        { "not yet valid", "not valid before" },
        { "empty certificate", "tls.crt is empty" },
        { "empty key", "contains no private key" },
        { "garbage certificate", "contains no certificate" },
        { "truncated leaf", "truncated" },
        { "truncated chain", "truncated" },
        { "truncated key", "does not parse" },
        { "encrypted key", "is encrypted" },
        { "weak", "1024 bits" },
        { "broken authorities", "ca.crt" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Certificate_that_cannot_be_served_is_rejected_with_its_reason(string kind, string reason)
    {
        var good = Authority.IssueCertificate();
        var now = DateTimeOffset.UtcNow;
        var files = kind switch
        {
            "mismatched" => new CertificateFiles(good.CertificatesPem, Authority.IssueCertificate().KeyPem, null),
            "chain first" => new CertificateFiles(good.ChainPem + "\n" + good.LeafPem, good.KeyPem, null),
            "expired" => Files(Authority.IssueCertificate(notAfter: now.AddMinutes(-1))),
            "not yet valid" => Files(Authority.IssueCertificate(notBefore: now.AddHours(1))),
            "empty certificate" => new CertificateFiles("", good.KeyPem, null),
            "empty key" => new CertificateFiles(good.CertificatesPem, "", null),
            "garbage certificate" => new CertificateFiles("hello", good.KeyPem, null),
            "truncated leaf" => new CertificateFiles(good.LeafPem[..(good.LeafPem.Length / 2)], good.KeyPem, null),
            "truncated chain" => new CertificateFiles(good.CertificatesPem[..^40], good.KeyPem, null),
            "truncated key" => new CertificateFiles(good.CertificatesPem, good.KeyPem[..(good.KeyPem.Length / 2)], null),
            "encrypted key" => new CertificateFiles(
                good.CertificatesPem, good.KeyPem.Replace("PRIVATE", "ENCRYPTED PRIVATE", StringComparison.Ordinal), null),
            "weak" => Files(Authority.IssueCertificate(rsaBits: 1024)),
            _ => new CertificateFiles(good.CertificatesPem, good.KeyPem, "-----BEGIN CERTIFICATE-----\nMIIB"),
        };

        var rejected = Assert.Throws<CertificateRejectedException>(() => CertificateLoader.LoadCertificate("/etc/tls", files, now));

        Assert.Contains(reason, rejected.Reason, StringComparison.Ordinal);
        Assert.NotEmpty(rejected.Remedy);
        Assert.DoesNotContain("PRIVATE KEY-----", rejected.ToString(), StringComparison.Ordinal);
    }

    private static CertificateFiles Files(IssuedCertificate pair) => new(pair.CertificatesPem, pair.KeyPem, null);
}
