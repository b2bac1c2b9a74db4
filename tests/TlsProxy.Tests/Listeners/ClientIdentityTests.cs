using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TlsProxy.Listeners;

namespace TlsProxy.Tests.Listeners;

public sealed class ClientIdentityTests
{
    private const string CommonName = "2.5.4.3";
    private const string Organization = "2.5.4.10";

    [Theory]
    [InlineData("CN=frontend", "frontend")]
    [InlineData("CN=frontend,OU=backend,O=Shop,C=DE", "frontend")]
    [InlineData("O=Shop,CN=frontend", "frontend")]
    [InlineData("CN=frontend,CN=Users,DC=corp", "frontend")]
    [InlineData("CN=,CN=frontend", "")]
    [InlineData("O=frontend,C=DE", "")]
    [InlineData("OU=frontend,C=DE", "")]
    [InlineData("E=frontend,C=DE", "")]
    [InlineData("DC=frontend", "")]
    [InlineData("", "")]
    public void Common_name_is_the_most_specific_CN_and_nothing_else(string subject, string expected) =>
        Assert.Equal(expected, Of(new X500DistinguishedName(subject)).CommonName);

    [Fact]
    public void Multi_valued_part_provides_its_CN_when_there_is_exactly_one()
    {
        Assert.Equal("frontend", Of(Encoded([(Organization, "Shop"), (CommonName, "frontend")])).CommonName);
        Assert.Equal("frontend", Of(Encoded([(CommonName, "Users")], [(CommonName, "frontend"), (Organization, "Shop")])).CommonName);
        Assert.Equal("", Of(Encoded([(Organization, "frontend"), ("2.5.4.11", "frontend")])).CommonName);
        Assert.Equal("", Of(Encoded([(CommonName, "backend"), (CommonName, "frontend")])).CommonName);
    }

    [Fact]
    public void CN_with_an_invalid_encoding_is_ignored()
    {
        var subject = new AsnWriter(AsnEncodingRules.DER);
        using (subject.PushSequence())
        using (subject.PushSetOf())
        using (subject.PushSequence())
        {
            subject.WriteObjectIdentifier(CommonName);
            // A PrintableString with an invalid byte, which OpenSSL accepts.
            subject.WriteEncodedValue([0x13, 0x01, 0xff]);
        }

        Assert.Equal("", Of(new X500DistinguishedName(subject.Encode())).CommonName);
    }

    [Fact]
    public void Certificate_without_a_common_name_matches_no_empty_entry() =>
        Assert.False(Of(new X500DistinguishedName("O=frontend,C=DE")).IsAllowed(new() { CommonNames = ["", "frontend"] }));

    private static ClientIdentity Of(X500DistinguishedName subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest(subject, key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        return ClientIdentity.FromCertificate(certificate);
    }

    /// <summary>Encodes multi-valued parts, which the text format cannot express.</summary>
    private static X500DistinguishedName Encoded(params (string Type, string Value)[][] parts)
    {
        var subject = new AsnWriter(AsnEncodingRules.DER);
        using (subject.PushSequence())
        {
            foreach (var part in parts)
            {
                using (subject.PushSetOf())
                {
                    foreach (var (type, value) in part)
                    {
                        using (subject.PushSequence())
                        {
                            subject.WriteObjectIdentifier(type);
                            subject.WriteCharacterString(UniversalTagNumber.UTF8String, value);
                        }
                    }
                }
            }
        }

        return new X500DistinguishedName(subject.Encode());
    }
}
