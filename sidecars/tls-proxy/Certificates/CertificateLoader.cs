using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TlsProxy.Certificates;

/// <summary>Creates a certificate that can be served from the files of a Secret, or explains why that is not possible.</summary>
internal static class CertificateLoader
{
    private const int MinimumRsaBits = 2048;

    /// <exception cref="CertificateRejectedException">Certificate and key are invalid, do not match, or are not valid now.</exception>
    public static ServedCertificate LoadCertificate(string directory, CertificateFiles files, DateTimeOffset now)
    {
        var certificates = ParseCertificates(directory, CertificateFiles.CertificatesName, files.Certificates);
        var leaf = CombineWithKey(directory, files, certificates);
        RejectOutsideValidity(directory, leaf, now);
        RejectWeakKey(directory, leaf);

        certificates.RemoveAt(0);
        var authorities = string.IsNullOrWhiteSpace(files.Authorities)
            ? []
            : ParseCertificates(directory, CertificateFiles.AuthoritiesName, files.Authorities);
        return new ServedCertificate(directory, files.Hash, leaf, certificates, authorities);
    }

    private static X509Certificate2Collection ParseCertificates(string directory, string name, string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new CertificateRejectedException(directory, $"{name} is empty", "write the certificate to it, PEM encoded.");
        }

        var collection = new X509Certificate2Collection();
        try
        {
            collection.ImportFromPem(text);
        }
        catch (CryptographicException exception)
        {
            throw new CertificateRejectedException(
                directory, $"{name} does not parse: {exception.Message}", "write PEM encoded certificates to it.", exception);
        }

        // The parser skips a block without an end, so a truncated chain would parse.
        if (collection.Count != CountOccurrences(text, "-----BEGIN CERTIFICATE-----"))
        {
            throw new CertificateRejectedException(directory, $"{name} is truncated", "write the complete file.");
        }

        return collection.Count > 0
            ? collection
            : throw new CertificateRejectedException(
                directory, $"{name} contains no certificate", "write PEM encoded certificates to it (BEGIN CERTIFICATE).");
    }

    private static X509Certificate2 CombineWithKey(string directory, CertificateFiles files, X509Certificate2Collection certificates)
    {
        if (files.Key.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new CertificateRejectedException(
                directory, "tls.key is encrypted", "the proxy cannot ask for a password: store the key without one (openssl pkey).");
        }

        if (!files.Key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new CertificateRejectedException(
                directory, "tls.key contains no private key", "write a private key to it: PKCS#8, PKCS#1 or SEC1, PEM encoded.");
        }

        try
        {
            return X509Certificate2.CreateFromPem(files.Certificates, files.Key);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw ExplainMismatch(directory, files, certificates, exception);
        }
    }

    /// <summary>The most common mistake is a chain in the wrong order, which the message of the parser does not show.</summary>
    private static CertificateRejectedException ExplainMismatch(
        string directory, CertificateFiles files, X509Certificate2Collection certificates, Exception cause)
    {
        foreach (var certificate in certificates.Skip(1))
        {
            try
            {
                using var matching = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), files.Key);
                return new CertificateRejectedException(
                    directory,
                    $"tls.key belongs to {certificate.Subject}, which is not the first in tls.crt",
                    "write the leaf first, then its chain.",
                    cause);
            }
            catch (Exception exception) when (exception is CryptographicException or ArgumentException)
            {
                // This certificate does not match either.
            }
        }

        return new CertificateRejectedException(
            directory,
            $"tls.key does not parse or does not belong to {certificates[0].Subject}: {cause.Message}",
            "use the certificate and key that were issued together.",
            cause);
    }

    private static void RejectOutsideValidity(string directory, X509Certificate2 leaf, DateTimeOffset now)
    {
        if (leaf.NotAfter.ToUniversalTime() <= now.UtcDateTime)
        {
            throw new CertificateRejectedException(
                directory, $"the certificate expired on {leaf.NotAfter.ToUniversalTime():u}", "renew it.");
        }

        if (leaf.NotBefore.ToUniversalTime() > now.UtcDateTime)
        {
            throw new CertificateRejectedException(
                directory, $"the certificate is not valid before {leaf.NotBefore.ToUniversalTime():u}", "check the clocks, or wait.")
            {
                IsTemporary = true,
            };
        }
    }

    private static void RejectWeakKey(string directory, X509Certificate2 leaf)
    {
        using var rsa = leaf.GetRSAPublicKey();
        if (rsa is not null && rsa.KeySize < MinimumRsaBits)
        {
            throw new CertificateRejectedException(
                directory, $"the RSA key has {rsa.KeySize} bits", $"issue one with at least {MinimumRsaBits} bits, or ECDSA P-256.");
        }
    }

    private static int CountOccurrences(string text, string part)
    {
        var count = 0;
        var at = text.IndexOf(part, StringComparison.Ordinal);
        while (at >= 0)
        {
            count++;
            at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal);
        }

        return count;
    }
}
