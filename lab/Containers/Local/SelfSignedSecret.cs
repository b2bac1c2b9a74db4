using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>
/// Generates a TLS Secret for localhost if a Pod references one that is in no manifest. A private key does not belong in a
/// repository, and a first try should not start with openssl.
/// </summary>
internal static class SelfSignedSecret
{
    private const int ValidDays = 90;

    /// <summary>Generates the missing TLS Secrets of a Pod.</summary>
    /// <returns>One message for each generated Secret.</returns>
    public static IReadOnlyList<string> GenerateMissing(Pod pod, PodConfiguration configuration, TimeProvider clock)
    {
        var lines = new List<string>();
        foreach (var volume in pod.Spec.Volumes)
        {
            var names = (volume.Projected?.Sources.Select(source => source.Secret) ?? []).Append(volume.Secret)
                .OfType<SecretVolume>()
                .Where(secret => !secret.Optional)
                .Select(secret => secret.Reference);
            foreach (var name in names)
            {
                if (configuration.FindSecret(name) is null && IsForTls(pod, volume, name))
                {
                    configuration.SetSecret(GenerateSecret(name, pod.Metadata.Name, clock.GetUtcNow()));
                    lines.Add(
                        $"Secret {name}: not in the manifests; generated a self-signed certificate for localhost, valid {ValidDays} days "
                        + $"(in a cluster, create one: kubectl create secret tls {name} --cert=tls.crt --key=tls.key)");
                }
            }
        }

        return lines;
    }

    /// <summary>A certificate for localhost with a new ECDSA P-256 key, as <c>kubernetes.io/tls</c>.</summary>
    public static Secret GenerateSecret(string name, string podName, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddDnsName(podName);
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));

        // Valid from a few minutes ago, because clocks differ.
        using var certificate = request.CreateSelfSigned(now.AddMinutes(-5), now.AddDays(ValidDays));
        return new Secret
        {
            Metadata = new ObjectMeta { Name = name },
            Type = "kubernetes.io/tls",
            Data = new Dictionary<string, byte[]>
            {
                ["tls.crt"] = Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"),
                ["tls.key"] = Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"),
            },
        };
    }

    private static bool IsForTls(Pod pod, Volume volume, string secret) =>
        secret.EndsWith("-tls", StringComparison.Ordinal)
        || pod.Spec.AllContainers.Any(container =>
            ImageCatalog.GetImageName(container.Image) == "tls-proxy" && container.VolumeMounts.Any(mount => mount.Name == volume.Name));
}
