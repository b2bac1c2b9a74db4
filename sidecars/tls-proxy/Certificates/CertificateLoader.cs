using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TlsProxy.Certificates;

/// <summary>Makes a certificate that can be served out of the text of a Secret, or says why not.</summary>
internal static class CertificateLoader
{
    private const int LeastRsaBits = 2048;

    /// <exception cref="CertificateRefusedException">It is not a pair, or not a valid one now.</exception>
    public static ServedCertificate Load(string directory, CertificateFiles files, DateTimeOffset now)
    {
        var certificates = Parse(directory, CertificateFiles.CertificatesName, files.Certificates);
        var leaf = WithKey(directory, files, certificates);
        RefuseOutsideValidity(directory, leaf, now);
        RefuseWeak(directory, leaf);

        certificates.RemoveAt(0);
        var authorities = string.IsNullOrWhiteSpace(files.Authorities) ? [] : Parse(directory, CertificateFiles.AuthoritiesName, files.Authorities);
        return new ServedCertificate(directory, files.Hash, leaf, certificates, authorities);
    }

    private static X509Certificate2Collection Parse(string directory, string name, string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new CertificateRefusedException(directory, $"{name} is empty", "put the certificate there, PEM encoded.");
        }

        var collection = new X509Certificate2Collection();
        try
        {
            collection.ImportFromPem(text);
        }
        catch (CryptographicException e)
        {
            throw new CertificateRefusedException(directory, $"{name} does not parse: {e.Message}", "put PEM encoded certificates there.", e);
        }

        // The parser passes over a block that has no end, which is what a truncated chain looks like.
        if (collection.Count != Count(text, "-----BEGIN CERTIFICATE-----"))
        {
            throw new CertificateRefusedException(directory, $"{name} is truncated", "write the file whole.");
        }

        return collection.Count > 0
            ? collection
            : throw new CertificateRefusedException(directory, $"{name} holds no certificate", "put PEM encoded certificates there (BEGIN CERTIFICATE).");
    }

    private static X509Certificate2 WithKey(string directory, CertificateFiles files, X509Certificate2Collection certificates)
    {
        if (files.Key.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new CertificateRefusedException(directory, "tls.key is encrypted", "a mounted key cannot ask for its password: store it without one (openssl pkey).");
        }

        if (!files.Key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new CertificateRefusedException(directory, "tls.key holds no private key", "put one there: PKCS#8, PKCS#1 or SEC1, PEM encoded.");
        }

        try
        {
            return X509Certificate2.CreateFromPem(files.Certificates, files.Key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw Explain(directory, files, certificates, e);
        }
    }

    /// <summary>The commonest slip is a chain in the wrong order, which the cryptographic message does not tell.</summary>
    private static CertificateRefusedException Explain(string directory, CertificateFiles files, X509Certificate2Collection certificates, Exception cause)
    {
        foreach (var certificate in certificates.Skip(1))
        {
            try
            {
                using var fits = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), files.Key);
                return new CertificateRefusedException(
                    directory, $"tls.key belongs to {certificate.Subject}, which is not the first in tls.crt", "put the leaf first, then its chain.", cause);
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
            }
        }

        return new CertificateRefusedException(
            directory, $"tls.key does not parse or does not belong to {certificates[0].Subject}: {cause.Message}", "put the pair that was issued together there.", cause);
    }

    private static void RefuseOutsideValidity(string directory, X509Certificate2 leaf, DateTimeOffset now)
    {
        if (leaf.NotAfter.ToUniversalTime() <= now.UtcDateTime)
        {
            throw new CertificateRefusedException(directory, $"the certificate expired on {leaf.NotAfter.ToUniversalTime():u}", "renew it.");
        }

        if (leaf.NotBefore.ToUniversalTime() > now.UtcDateTime)
        {
            throw new CertificateRefusedException(directory, $"the certificate is not valid before {leaf.NotBefore.ToUniversalTime():u}", "look at the clocks, or wait.")
            {
                MayBecomeGood = true,
            };
        }
    }

    private static void RefuseWeak(string directory, X509Certificate2 leaf)
    {
        using var rsa = leaf.GetRSAPublicKey();
        if (rsa is not null && rsa.KeySize < LeastRsaBits)
        {
            throw new CertificateRefusedException(directory, $"the RSA key has {rsa.KeySize} bits", $"issue one of {LeastRsaBits} bits or more, or ECDSA P-256.");
        }
    }

    private static int Count(string text, string part)
    {
        var count = 0;
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal))
        {
            count++;
        }

        return count;
    }
}
