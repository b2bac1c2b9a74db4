using System.Security.Cryptography.X509Certificates;

namespace TestKit.Tests.Certificates;

public sealed class CertificateAuthorityTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Issued_certificate_leads_to_its_own_authority_only(bool hasIntermediate)
    {
        using var authority = new CertificateAuthority("One", hasIntermediate);
        using var other = new CertificateAuthority("Two", hasIntermediate);
        using var certificate = authority.IssueCertificate(["localhost", "127.0.0.1"], rsaBits: 2048).ToCertificate();

        Assert.True(certificate.HasPrivateKey);
        Assert.True(certificate.MatchesHostname("127.0.0.1"));
        Assert.True(authority.HasIssued(certificate));
        Assert.False(other.HasIssued(certificate));
    }

    [Fact]
    public void Secret_files_contain_the_leaf_before_the_intermediate()
    {
        using var authority = new CertificateAuthority();
        var issued = authority.IssueCertificate();

        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(issued.SecretFiles["tls.crt"]);

        Assert.Equal(
            [issued.SerialNumber, authority.Intermediate!.SerialNumber], certificates.Select(certificate => certificate.SerialNumber));
    }
}
