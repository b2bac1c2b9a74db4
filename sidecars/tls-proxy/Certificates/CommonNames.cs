using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TlsProxy.Certificates;

/// <summary>
/// Reads the common name of a subject. <see cref="X509NameType.SimpleName"/> is not used, because without a common name it returns the
/// organization or another part, which an authority does not verify like a name.
/// </summary>
internal static class CommonNames
{
    private const string CommonNameOid = "2.5.4.3";

    /// <summary>
    /// The most specific CN: the last one as encoded, as OpenSSL and Go define it. Empty when there is none, when it cannot be decoded, and
    /// when one multi-valued part contains several, because no order says which of them counts.
    /// </summary>
    public static string FindMostSpecific(X500DistinguishedName subject)
    {
        try
        {
            foreach (var part in subject.EnumerateRelativeDistinguishedNames())
            {
                var names = SplitElements(part).Where(e => e.GetSingleElementType().Value == CommonNameOid).ToList();
                if (names.Count > 0)
                {
                    return names.Count == 1 ? names[0].GetSingleElementValue() ?? "" : "";
                }
            }
        }
        catch (Exception exception) when (exception is CryptographicException or AsnContentException)
        {
            // The text is invalid in its encoding. A name that cannot be decoded matches no list.
        }

        return "";
    }

    /// <summary>Splits a multi-valued part, because .NET does not read the elements of such a part.</summary>
    private static IEnumerable<X500RelativeDistinguishedName> SplitElements(X500RelativeDistinguishedName part)
    {
        if (!part.HasMultipleElements)
        {
            yield return part;
            yield break;
        }

        var elements = new AsnReader(part.RawData, AsnEncodingRules.BER).ReadSetOf();
        while (elements.HasData)
        {
            var single = new AsnWriter(AsnEncodingRules.DER);
            using (single.PushSequence())
            using (single.PushSetOf())
            {
                single.WriteEncodedValue(elements.ReadEncodedValue().Span);
            }

            yield return new X500DistinguishedName(single.Encode()).EnumerateRelativeDistinguishedNames().Single();
        }
    }
}
