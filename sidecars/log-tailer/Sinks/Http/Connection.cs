using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace LogTailer.Sinks.Http;

/// <summary>The HTTP client of a sink: connections kept alive, TLS verified, and made anew when a certificate file changes.</summary>
internal sealed class Connection(SinkOptions options) : IDisposable
{
    private readonly WatchedFile[] _files = [new(options.CaFile), new(options.ClientCertificateFile), new(options.ClientKeyFile)];
    private HttpClient? _client;

    /// <summary>The client to use for the next request.</summary>
    /// <exception cref="IOException">A certificate file cannot be read.</exception>
    /// <exception cref="CryptographicException">A certificate file makes no sense.</exception>
    public HttpClient Client
    {
        get
        {
            var changed = false;

            foreach (var file in _files)
            {
                changed |= file.HasChanged();
            }

            if (_client is null || changed)
            {
                var client = Create();
                _client?.Dispose();
                _client = client;
            }

            return _client;
        }
    }

    public void Dispose() => _client?.Dispose();

    private HttpClient Create()
    {
        var tls = new SslClientAuthenticationOptions();

        if (options.CaFile.Length > 0)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                // A private authority seldom publishes revocations.
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(options.CaFile);
        }

        if (options.ClientCertificateFile.Length > 0)
        {
            tls.ClientCertificates = [X509Certificate2.CreateFromPemFile(options.ClientCertificateFile, options.ClientKeyFile)];
        }

        var handler = new SocketsHttpHandler
        {
            SslOptions = tls,
            // A redirected POST is a GET to some and a POST to others: better to say where to than to guess.
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // So that a changed address in DNS is noticed.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
        };

        return new HttpClient(handler) { Timeout = options.Timeout };
    }
}
