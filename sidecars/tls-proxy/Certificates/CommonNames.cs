using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TlsProxy.Certificates;

/// <summary>
/// Reads the common name of a subject, and nothing in its place: where there is none, <see cref="X509NameType.SimpleName"/>
/// gives the organization or whatever else is there, and an authority does not vouch for those as for a name.
/// </summary>
internal static class CommonNames
{
    private const string Type = "2.5.4.3";

    /// <summary>
    /// The most specific CN, which is the last as it is encoded, as OpenSSL and Go have it. Empty without one, if it
    /// cannot be read, and if it stands beside another one in the same multi-valued part, where no order says which is meant.
    /// </summary>
    public static string MostSpecific(X500DistinguishedName subject)
    {
        try
        {
            foreach (var part in subject.EnumerateRelativeDistinguishedNames())
            {
                var names = Elements(part).Where(e => e.GetSingleElementType().Value == Type).ToList();
                if (names.Count > 0)
                {
                    return names.Count == 1 ? names[0].GetSingleElementValue() ?? "" : "";
                }
            }
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException)
        {
            // Text that is none in its encoding. A name that nobody can read is on no list.
        }

        return "";
    }

    /// <summary>Each element by itself: of a part that has several .NET reads none.</summary>
    private static IEnumerable<X500RelativeDistinguishedName> Elements(X500RelativeDistinguishedName part)
    {
        if (!part.HasMultipleElements)
        {
            yield return part;
            yield break;
        }

        var elements = new AsnReader(part.RawData, AsnEncodingRules.BER).ReadSetOf();
        while (elements.HasData)
        {
            var alone = new AsnWriter(AsnEncodingRules.DER);
            using (alone.PushSequence())
            using (alone.PushSetOf())
            {
                alone.WriteEncodedValue(elements.ReadEncodedValue().Span);
            }

            yield return new X500DistinguishedName(alone.Encode()).EnumerateRelativeDistinguishedNames().Single();
        }
    }
}
