using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using TlsProxy.Certificates;

namespace TlsProxy.Listeners;

/// <summary>Chooses, for each connection, the certificate in force at that moment and how TLS is spoken with it.</summary>
internal sealed class TlsHandshake(CertificateStore certificates, ProxyMetrics metrics, TlsProxyOptions options)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>A fatal <c>unrecognized_name</c> alert (RFC 6066, section 3) as it is on the wire.</summary>
    private static readonly byte[] UnrecognizedName = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x70];

    private readonly ConditionalWeakTable<ServedCertificate, Prepared> _prepared = [];

    public TlsHandshakeCallbackOptions CreateOptions() => new()
    {
        HandshakeTimeout = TimeSpan.FromSeconds(options.Tls.HandshakeTimeoutSeconds),
        OnConnection = SelectAsync,
    };

    private ValueTask<SslServerAuthenticationOptions> SelectAsync(TlsHandshakeCallbackContext context)
    {
        var set = certificates.Current;
        var name = context.ClientHelloInfo.ServerName;
        var certificate = string.IsNullOrEmpty(name) ? set.Default : set.Find(name);
        if (certificate is null)
        {
            if (options.Tls.StrictSni)
            {
                return RefuseNameAsync(context.Connection, name);
            }

            certificate = set.Default;
        }

        var prepared = _prepared.GetValue(certificate, static c => new Prepared(c));
        var chosen = context.Connection.Features.Get<ClientConnection>()?.OffersTls13 switch
        {
            true => prepared.Tls13,
            false => prepared.Tls12,
            null => prepared.Either,
        };
        return ValueTask.FromResult(options.Tls.ClientCertificate == ClientCertificateMode.None ? chosen : AskForCertificate(chosen, set.Default.Authorities));
    }

    /// <summary>
    /// The same handshake with the client's certificate asked for. It is made anew for each connection, and resumes no
    /// session, so that every connection is judged by the authorities in force now. They are those of the default
    /// certificate whatever name is asked for: a name must not be a way around them.
    /// </summary>
    private SslServerAuthenticationOptions AskForCertificate(SslServerAuthenticationOptions chosen, X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = chosen.ServerCertificateContext,
            EnabledSslProtocols = chosen.EnabledSslProtocols,
            ApplicationProtocols = chosen.ApplicationProtocols,
            CipherSuitesPolicy = chosen.CipherSuitesPolicy,
            AllowRenegotiation = false,
            EncryptionPolicy = EncryptionPolicy.RequireEncryption,
            AllowTlsResume = false,
            ClientCertificateRequired = true,
            CertificateChainPolicy = policy,
            RemoteCertificateValidationCallback = IsWelcome,
        };
    }

    private bool IsWelcome(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 shown)
        {
            return options.Tls.ClientCertificate == ClientCertificateMode.Allow;
        }

        if (errors != SslPolicyErrors.None)
        {
            metrics.ClientCertificate("untrusted");
            return false;
        }

        var welcome = ClientIdentity.Of(shown).IsAllowed(options.Tls.AllowedClients);
        metrics.ClientCertificate(welcome ? "accepted" : "not_allowed");
        return welcome;
    }

    private static async ValueTask<SslServerAuthenticationOptions> RefuseNameAsync(BaseConnectionContext connection, string name)
    {
        if (connection is ConnectionContext { Transport.Output: var output })
        {
            // SslStream would close without a word. It has written nothing yet, so the alert is the first record.
            await output.WriteAsync(UnrecognizedName);
        }

        throw new AuthenticationException($"no certificate serves {name}");
    }

    /// <summary>The ways to shake hands with one certificate, made once: a handshake allocates nothing of ours.</summary>
    private sealed class Prepared
    {
        /// <summary>
        /// With a cipher policy .NET makes a new OpenSSL context for every connection and resumes no session, which
        /// halves the handshakes a second. TLS 1.3 has no weak suites and needs none; so the version is decided here,
        /// by what the client offers, and only clients of 1.2 pay for the policy, and those whose hello comes in pieces,
        /// of which it is not known.
        /// </summary>
        private static readonly CipherSuitesPolicy EphemeralAndAuthenticated = MakePolicy();

        public Prepared(ServedCertificate certificate)
        {
            Tls13 = Options(certificate, SslProtocols.Tls13);
            Tls12 = Options(certificate, SslProtocols.Tls12);
            Tls12.CipherSuitesPolicy = EphemeralAndAuthenticated;
            Either = Options(certificate, SslProtocols.Tls12 | SslProtocols.Tls13);
            Either.CipherSuitesPolicy = EphemeralAndAuthenticated;
        }

        public SslServerAuthenticationOptions Tls13 { get; }

        public SslServerAuthenticationOptions Tls12 { get; }

        /// <summary>The newer one that the client has, which OpenSSL finds out.</summary>
        public SslServerAuthenticationOptions Either { get; }

        private static SslServerAuthenticationOptions Options(ServedCertificate certificate, SslProtocols protocol) => new()
        {
            ServerCertificateContext = certificate.Context,
            EnabledSslProtocols = protocol,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            AllowRenegotiation = false,
            EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        };

#pragma warning disable CA1416 // The proxy runs on Linux, where cipher suites can be chosen.
        private static CipherSuitesPolicy MakePolicy() => new(
        [
            // A policy without the suites of TLS 1.3 would be one against it.
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
}
