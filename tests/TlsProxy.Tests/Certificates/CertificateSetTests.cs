using TlsProxy.Certificates;

namespace TlsProxy.Tests.Certificates;

public sealed class CertificateSetTests
{
    private static readonly CertificateAuthority Authority = new();

    [Theory]
    [InlineData("localhost", "default")]
    [InlineData("api.example.com", "exact")]
    [InlineData("API.Example.COM", "exact")]
    [InlineData("www.example.com", "wildcard")]
    [InlineData("a.b.example.com", null)]
    [InlineData("example.com", null)]
    [InlineData("named.example.org", "wildcard")]
    [InlineData("else.where", null)]
    [InlineData("", null)]
    [InlineData(".", null)]
    public void Server_name_selects_the_matching_certificate(string name, string? expected)
    {
        var certificates = new Dictionary<string, ServedCertificate>
        {
            ["default"] = Load("localhost"),
            ["wildcard"] = Load("*.example.com"),
            ["exact"] = Load("api.example.com"),
        };
        var set = new CertificateSet(
        [
            (null, certificates["default"]),
            ("named.example.org", certificates["wildcard"]),
            ("label", certificates["exact"]),
        ]);

        Assert.Same(expected is null ? null : certificates[expected], set.FindByName(name));
        Assert.Same(certificates["default"], set.Default);
    }

    private static ServedCertificate Load(string name)
    {
        var pair = Authority.IssueCertificate([name]);
        return CertificateLoader.LoadCertificate(
            "/etc/tls", new CertificateFiles(pair.CertificatesPem, pair.KeyPem, null), DateTimeOffset.UtcNow);
    }
}
