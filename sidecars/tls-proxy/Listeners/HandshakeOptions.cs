using System.Net.Security;
using System.Security.Authentication;
using TlsProxy.Certificates;

namespace TlsProxy.Listeners;

/// <summary>The handshake options for one certificate, created once, so that a handshake allocates none of them.</summary>
internal sealed class HandshakeOptions
{
    /// <summary>
    /// With a cipher policy, .NET creates a new OpenSSL context for every connection and resumes no session, which halves the number of
    /// handshakes per second. TLS 1.3 has no weak suites and needs no policy. So the version is selected before the handshake, from the
    /// ClientHello, and the policy is used only for TLS 1.2 and for clients whose ClientHello arrives in several records.
    /// </summary>
    private static readonly CipherSuitesPolicy SecureCiphers = CreateCipherPolicy();

    public HandshakeOptions(ServedCertificate certificate)
    {
        Tls13 = CreateOptions(certificate, SslProtocols.Tls13);
        Tls12 = CreateOptions(certificate, SslProtocols.Tls12);
        Tls12.CipherSuitesPolicy = SecureCiphers;
        AnyVersion = CreateOptions(certificate, SslProtocols.Tls12 | SslProtocols.Tls13);
        AnyVersion.CipherSuitesPolicy = SecureCiphers;
    }

    public SslServerAuthenticationOptions Tls13 { get; }

    public SslServerAuthenticationOptions Tls12 { get; }

    /// <summary>For clients whose versions are unknown; OpenSSL negotiates the newest one.</summary>
    public SslServerAuthenticationOptions AnyVersion { get; }

    private static SslServerAuthenticationOptions CreateOptions(ServedCertificate certificate, SslProtocols protocols) => new()
    {
        ServerCertificateContext = certificate.Context,
        EnabledSslProtocols = protocols,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        AllowRenegotiation = false,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
    };

#pragma warning disable CA1416 // The proxy runs on Linux, where cipher suites can be selected.
    private static CipherSuitesPolicy CreateCipherPolicy() => new(
    [
        // A policy without the suites of TLS 1.3 would disable TLS 1.3.
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]);
#pragma warning restore CA1416
}
