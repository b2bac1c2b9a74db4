using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace LogTailer.Sinks.Http;

/// <summary>The HTTP client of a sink, with TLS verification. It is recreated when a certificate file changes.</summary>
internal sealed class SinkHttpClient(SinkOptions options) : IDisposable
{
    private readonly WatchedFile[] _files = [new(options.CaFile), new(options.ClientCertificateFile), new(options.ClientKeyFile)];
    private HttpClient? _client;

    /// <summary>Returns the client for the next request.</summary>
    /// <exception cref="IOException">A certificate file cannot be read.</exception>
    /// <exception cref="CryptographicException">A certificate file is invalid.</exception>
    public HttpClient GetCurrentClient()
    {
        var changed = false;

        foreach (var file in _files)
        {
            changed |= file.DetectChange();
        }

        if (_client is null || changed)
        {
            var client = CreateClient();
            _client?.Dispose();
            _client = client;
        }

        return _client;
    }

    public void Dispose() => _client?.Dispose();

    private HttpClient CreateClient()
    {
        var tls = new SslClientAuthenticationOptions();

        if (options.CaFile.Length > 0)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                // Private authorities rarely publish revocation lists.
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
            // HTTP servers disagree on whether a redirected POST becomes a GET. Report the redirect instead of guessing.
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // So that address changes in DNS take effect.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
        };

        return new HttpClient(handler) { Timeout = options.Timeout };
    }
}
