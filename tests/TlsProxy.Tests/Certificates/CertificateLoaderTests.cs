using TlsProxy.Certificates;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Certificates;

public sealed class CertificateLoaderTests
{
    private static readonly TestCertificates Authority = new();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_key_of_each_kind_and_form_is_taken(bool rsa, bool traditional)
    {
        var pair = Authority.Issue(rsa: rsa);
        var key = traditional ? pair.TraditionalKey : pair.Key;

        var served = CertificateLoader.Load("/etc/tls", new CertificateFiles(pair.Certificates, key, null), DateTimeOffset.UtcNow);

        Assert.Contains(traditional ? (rsa ? "BEGIN RSA PRIVATE KEY" : "BEGIN EC PRIVATE KEY") : "BEGIN PRIVATE KEY", key, StringComparison.Ordinal);
        Assert.Equal(pair.Serial, served.Leaf.SerialNumber);
        Assert.True(served.Leaf.HasPrivateKey);
        Assert.Equal(["localhost"], served.Names);
        Assert.Equal("CN=Test Intermediate", Assert.Single(served.Chain).Subject);
        Assert.Contains(served.Context.IntermediateCertificates, c => c.Subject == "CN=Test Intermediate");
    }

    [Fact]
    public void The_parameters_that_openssl_writes_before_a_curve_key_do_no_harm()
    {
        var pair = Authority.Issue();
        var key = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + pair.TraditionalKey;

        Assert.Equal(pair.Serial, CertificateLoader.Load("/etc/tls", new CertificateFiles(pair.Certificates, key, null), DateTimeOffset.UtcNow).Leaf.SerialNumber);
    }

    [Theory]
    [InlineData("CN=agent.example.com,O=Shop", "agent.example.com")]
    [InlineData("O=agent.example.com,C=DE", null)]
    public void Without_alternative_names_it_serves_its_common_name_and_nothing_in_its_place(string subject, string? served)
    {
        var pair = Authority.Issue([], subject: subject);

        var loaded = CertificateLoader.Load("/etc/tls", new CertificateFiles(pair.Certificates, pair.Key, null), DateTimeOffset.UtcNow);

        Assert.Equal(served is null ? [] : [served], loaded.Names);
    }

    public static TheoryData<string, string> Broken => new()
    {
        { "mismatched", "does not belong to" },
        { "chain first", "not the first in tls.crt" },
        { "expired", "expired on" },
        { "not yet valid", "not valid before" },
        { "empty certificate", "tls.crt is empty" },
        { "empty key", "holds no private key" },
        { "garbage certificate", "holds no certificate" },
        { "truncated leaf", "truncated" },
        { "truncated chain", "truncated" },
        { "truncated key", "does not parse" },
        { "encrypted key", "is encrypted" },
        { "weak", "1024 bits" },
        { "broken authorities", "ca.crt" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_cannot_be_served_is_refused_with_its_reason(string kind, string reason)
    {
        var good = Authority.Issue();
        var now = DateTimeOffset.UtcNow;
        var files = kind switch
        {
            "mismatched" => new CertificateFiles(good.Certificates, Authority.Issue().Key, null),
            "chain first" => new CertificateFiles(good.Chain + "\n" + good.Leaf, good.Key, null),
            "expired" => Files(Authority.Issue(notAfter: now.AddMinutes(-1))),
            "not yet valid" => Files(Authority.Issue(notBefore: now.AddHours(1))),
            "empty certificate" => new CertificateFiles("", good.Key, null),
            "empty key" => new CertificateFiles(good.Certificates, "", null),
            "garbage certificate" => new CertificateFiles("hello", good.Key, null),
            "truncated leaf" => new CertificateFiles(good.Leaf[..(good.Leaf.Length / 2)], good.Key, null),
            "truncated chain" => new CertificateFiles(good.Certificates[..^40], good.Key, null),
            "truncated key" => new CertificateFiles(good.Certificates, good.Key[..(good.Key.Length / 2)], null),
            "encrypted key" => new CertificateFiles(good.Certificates, good.Key.Replace("PRIVATE", "ENCRYPTED PRIVATE", StringComparison.Ordinal), null),
            "weak" => Files(Authority.Issue(rsa: true, rsaBits: 1024)),
            _ => new CertificateFiles(good.Certificates, good.Key, "-----BEGIN CERTIFICATE-----\nMIIB"),
        };

        var refused = Assert.Throws<CertificateRefusedException>(() => CertificateLoader.Load("/etc/tls", files, now));

        Assert.Contains(reason, refused.What, StringComparison.Ordinal);
        Assert.NotEmpty(refused.Remedy);
        Assert.DoesNotContain("PRIVATE KEY-----", refused.ToString(), StringComparison.Ordinal);
    }

    private static CertificateFiles Files(TestCertificates.Pair pair) => new(pair.Certificates, pair.Key, null);
}
