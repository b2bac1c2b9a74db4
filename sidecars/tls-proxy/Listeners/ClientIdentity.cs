using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TlsProxy.Certificates;

namespace TlsProxy.Listeners;

/// <summary>The identity in a client certificate, compared with the allow-lists and sent to the application.</summary>
/// <param name="Subject">The complete subject.</param>
/// <param name="CommonName">The most specific CN; empty without one.</param>
/// <param name="DnsNames">The DNS names among the alternative names.</param>
/// <param name="Uris">The URIs among the alternative names, such as a SPIFFE id.</param>
/// <param name="Sha256">The hash of the certificate, hexadecimal.</param>
internal sealed record ClientIdentity(
    string Subject, string CommonName, IReadOnlyList<string> DnsNames, IReadOnlyList<string> Uris, string Sha256)
{
    private const string SubjectAlternativeName = "2.5.29.17";

    public static ClientIdentity FromCertificate(X509Certificate2 certificate)
    {
        var dnsNames = new List<string>();
        var uris = new List<string>();
        foreach (var extension in certificate.Extensions.Where(e => e.Oid?.Value == SubjectAlternativeName))
        {
            dnsNames.AddRange(new X509SubjectAlternativeNameExtension(extension.RawData).EnumerateDnsNames());
            uris.AddRange(ReadUris(extension.RawData));
        }

        return new ClientIdentity(
            certificate.Subject,
            CommonNames.FindMostSpecific(certificate.SubjectName),
            dnsNames,
            uris,
            Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256)));
    }

    /// <summary>Whether one of the names is on a list; without entries in any list, every trusted certificate is allowed.</summary>
    public bool IsAllowed(AllowedClientsOptions allowed) =>
        allowed.IsEmpty
        || (CommonName.Length > 0 && allowed.CommonNames.Contains(CommonName))
        || allowed.DnsNames.Any(name => DnsNames.Contains(name, StringComparer.OrdinalIgnoreCase))
        || allowed.Uris.Any(pattern => Uris.Any(uri => MatchesPattern(uri, pattern)));

    /// <summary>The value of <c>X-Forwarded-Client-Cert</c>, in the format of Envoy.</summary>
    public string FormatHeader()
    {
        var header = new StringBuilder("Hash=").Append(Sha256).Append(";Subject=\"").Append(EscapeValue(Subject)).Append('"');
        foreach (var uri in Uris)
        {
            header.Append(";URI=\"").Append(EscapeValue(uri)).Append('"');
        }

        foreach (var name in DnsNames)
        {
            header.Append(";DNS=\"").Append(EscapeValue(name)).Append('"');
        }

        return header.ToString();
    }

    private static bool MatchesPattern(string uri, string pattern) => pattern.EndsWith("/*", StringComparison.Ordinal)
        ? uri.StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal)
        : uri == pattern;

    /// <summary>Escapes a value and keeps visible ASCII only, so that a certificate cannot add fields or headers.</summary>
    private static string EscapeValue(string value)
    {
        var escaped = new StringBuilder(value.Length);
        foreach (var character in value)
        {
            if (character is '"' or '\\')
            {
                escaped.Append('\\');
            }

            escaped.Append(character is >= ' ' and <= '~' ? character : '?');
        }

        return escaped.ToString();
    }

    /// <summary>Reads choice [6] of GeneralName, an IA5String (RFC 5280, section 4.2.1.6).</summary>
    private static List<string> ReadUris(byte[] extension)
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
