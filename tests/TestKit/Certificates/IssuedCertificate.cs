using System.Security.Cryptography.X509Certificates;

namespace TestKit;

/// <summary>A certificate with its key, as text.</summary>
/// <param name="LeafPem">The certificate, PEM.</param>
/// <param name="ChainPem">The intermediate that signed it, PEM; empty if the root did.</param>
/// <param name="KeyPem">The key, PEM, PKCS#8.</param>
/// <param name="TraditionalKeyPem">The key, PEM, PKCS#1 or SEC1.</param>
/// <param name="SerialNumber">The serial number, hexadecimal, as .NET prints it.</param>
public sealed record IssuedCertificate(string LeafPem, string ChainPem, string KeyPem, string TraditionalKeyPem, string SerialNumber)
{
    /// <summary>The certificate and its chain, PEM, as in a <c>tls.crt</c>.</summary>
    public string CertificatesPem => ChainPem.Length == 0 ? LeafPem + "\n" : LeafPem + "\n" + ChainPem + "\n";

    /// <summary>The files of a Kubernetes TLS Secret: <c>tls.crt</c> and <c>tls.key</c>.</summary>
    public Dictionary<string, string> SecretFiles => new() { ["tls.crt"] = CertificatesPem, ["tls.key"] = KeyPem + "\n" };

    /// <summary>The certificate with its key, for a TLS server or client.</summary>
    public X509Certificate2 ToCertificate() => X509Certificate2.CreateFromPem(LeafPem, KeyPem);
}
