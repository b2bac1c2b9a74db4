using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using TlsProxy.Certificates;
using TlsProxy.Clients;
using TlsProxy.Metrics;
using ClientCertificateMode = TlsProxy.Certificates.ClientCertificateMode;

namespace TlsProxy.Listeners;

/// <summary>Selects the certificate and the TLS options for each connection, from the certificates served at that moment.</summary>
internal sealed class TlsHandshake(CertificateStore certificates, ProxyMetrics metrics, TlsOptions tls)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>The record of a fatal <c>unrecognized_name</c> alert (RFC 6066, section 3).</summary>
    private static readonly byte[] UnrecognizedName = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x70];

    private readonly ConditionalWeakTable<ServedCertificate, HandshakeOptions> _options = [];

    public TlsHandshakeCallbackOptions CreateCallbackOptions() => new()
    {
        HandshakeTimeout = TimeSpan.FromSeconds(tls.HandshakeTimeoutSeconds),
        OnConnection = SelectOptionsAsync,
    };

    private ValueTask<SslServerAuthenticationOptions> SelectOptionsAsync(TlsHandshakeCallbackContext context)
    {
        var set = certificates.Current;
        var name = context.ClientHelloInfo.ServerName;
        var certificate = string.IsNullOrEmpty(name) ? set.Default : set.FindByName(name);
        if (certificate is null)
        {
            if (tls.StrictSni)
            {
                return RejectNameAsync(context.Connection, name);
            }

            certificate = set.Default;
        }

        var options = _options.GetValue(certificate, static c => new HandshakeOptions(c));
        var selected = context.Connection.Features.Get<ClientConnection>()?.OffersTls13 switch
        {
            true => options.Tls13,
            false => options.Tls12,
            null => options.AnyVersion,
        };
        return ValueTask.FromResult(
            tls.ClientCertificate == ClientCertificateMode.None ? selected : RequestClientCertificate(selected, set.Default.Authorities));
    }

    /// <summary>
    /// The same options with a request for the client's certificate. They are created for each connection and resume no session, so every
    /// connection is validated against the current authorities. These belong to the default certificate for all server names: a name
    /// must not be a way around them.
    /// </summary>
    private SslServerAuthenticationOptions RequestClientCertificate(
        SslServerAuthenticationOptions options, X509Certificate2Collection authorities)
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
            ServerCertificateContext = options.ServerCertificateContext,
            EnabledSslProtocols = options.EnabledSslProtocols,
            ApplicationProtocols = options.ApplicationProtocols,
            CipherSuitesPolicy = options.CipherSuitesPolicy,
            AllowRenegotiation = false,
            EncryptionPolicy = EncryptionPolicy.RequireEncryption,
            AllowTlsResume = false,
            ClientCertificateRequired = true,
            CertificateChainPolicy = policy,
            RemoteCertificateValidationCallback = ValidateClientCertificate,
        };
    }

    private bool ValidateClientCertificate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 presented)
        {
            return tls.ClientCertificate == ClientCertificateMode.Allow;
        }

        if (errors != SslPolicyErrors.None)
        {
            metrics.CountClientCertificate("untrusted");
            return false;
        }

        var isAllowed = ClientIdentity.FromCertificate(presented).IsAllowed(tls.AllowedClients);
        metrics.CountClientCertificate(isAllowed ? "accepted" : "not_allowed");
        return isAllowed;
    }

    private static async ValueTask<SslServerAuthenticationOptions> RejectNameAsync(BaseConnectionContext connection, string name)
    {
        if (connection is ConnectionContext { Transport.Output: var output })
        {
            // SslStream would close the connection without an alert. It has written nothing yet, so this is the first record.
            await output.WriteAsync(UnrecognizedName);
        }

        throw new AuthenticationException($"No certificate serves the name {name}.");
    }
}
