using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EndToEnd;

/// <summary>The kubelet's way to update a mounted Secret: a new directory, and the <c>..data</c> link swapped to it in one rename.</summary>
internal static class KubernetesSecret
{
    /// <summary>Puts a new certificate for localhost in place.</summary>
    /// <param name="volume">The directory that is mounted.</param>
    /// <param name="days">How long it is valid.</param>
    /// <returns>The new certificate's serial number, as .NET prints it.</returns>
    public static string Swap(string volume, int days = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(days));

        var directory = $"..{DateTimeOffset.UtcNow:yyyy_MM_dd_HH_mm_ss}.{Random.Shared.Next()}";
        Directory.CreateDirectory(Path.Combine(volume, directory));
        File.WriteAllText(Path.Combine(volume, directory, "tls.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(volume, directory, "tls.key"), key.ExportPkcs8PrivateKeyPem());

        var link = Path.Combine(volume, "..data_tmp");
        File.CreateSymbolicLink(link, directory);
        Libc.Rename(link, Path.Combine(volume, "..data"));
        return certificate.SerialNumber;
    }
}
