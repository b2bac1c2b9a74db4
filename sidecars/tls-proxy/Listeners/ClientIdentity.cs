using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TlsProxy.Certificates;

namespace TlsProxy.Listeners;

/// <summary>Who a client is by its certificate: what the allow-lists compare and the application is told.</summary>
/// <param name="Subject">The whole subject.</param>
/// <param name="CommonName">Its most specific CN; empty without.</param>
/// <param name="DnsNames">The DNS names among its alternative names.</param>
/// <param name="Uris">The URIs among them, such as a SPIFFE id.</param>
/// <param name="Sha256">Of the certificate, hexadecimal.</param>
internal sealed record ClientIdentity(string Subject, string CommonName, IReadOnlyList<string> DnsNames, IReadOnlyList<string> Uris, string Sha256)
{
    private const string SubjectAlternativeName = "2.5.29.17";

    public static ClientIdentity Of(X509Certificate2 certificate)
    {
        var dns = new List<string>();
        var uris = new List<string>();
        foreach (var extension in certificate.Extensions.Where(e => e.Oid?.Value == SubjectAlternativeName))
        {
            dns.AddRange(new X509SubjectAlternativeNameExtension(extension.RawData).EnumerateDnsNames());
            uris.AddRange(UrisOf(extension.RawData));
        }

        return new ClientIdentity(
            certificate.Subject,
            CommonNames.MostSpecific(certificate.SubjectName),
            dns,
            uris,
            Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256)));
    }

    /// <summary>Whether one of its names is on a list; without lists everybody is whom the authority vouches for.</summary>
    public bool IsAllowed(TlsOptions.AllowedClientsOptions allowed) =>
        allowed.IsEmpty
        || (CommonName.Length > 0 && allowed.CommonNames.Contains(CommonName))
        || allowed.DnsNames.Any(name => DnsNames.Contains(name, StringComparer.OrdinalIgnoreCase))
        || allowed.Uris.Any(pattern => Uris.Any(uri => Matches(uri, pattern)));

    /// <summary>The value of <c>X-Forwarded-Client-Cert</c>, in the form that Envoy gave it.</summary>
    public string ToHeader()
    {
        var header = new StringBuilder("Hash=").Append(Sha256).Append(";Subject=\"").Append(Quoted(Subject)).Append('"');
        foreach (var uri in Uris)
        {
            header.Append(";URI=\"").Append(Quoted(uri)).Append('"');
        }

        foreach (var name in DnsNames)
        {
            header.Append(";DNS=\"").Append(Quoted(name)).Append('"');
        }

        return header.ToString();
    }

    private static bool Matches(string uri, string pattern) => pattern.EndsWith("/*", StringComparison.Ordinal)
        ? uri.StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal)
        : uri == pattern;

    /// <summary>Visible ASCII within quotes: a certificate must not be able to write a header of its own.</summary>
    private static string Quoted(string value)
    {
        var quoted = new StringBuilder(value.Length);
        foreach (var character in value)
        {
            if (character is '"' or '\\')
            {
                quoted.Append('\\');
            }

            quoted.Append(character is >= ' ' and <= '~' ? character : '?');
        }

        return quoted.ToString();
    }

    /// <summary>GeneralName's choice [6], an IA5String (RFC 5280, section 4.2.1.6).</summary>
    private static List<string> UrisOf(byte[] extension)
    {
        var uris = new List<string>();
        var uriTag = new Asn1Tag(TagClass.ContextSpecific, 6);
        var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(uriTag))
            {
                uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, uriTag));
            }
            else
            {
                names.ReadEncodedValue();
            }
        }

        return uris;
    }
}
