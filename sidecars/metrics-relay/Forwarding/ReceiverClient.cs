using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MetricsRelay.Forwarding;

/// <summary>
/// An HTTP client for one receiver and one request at a time. Credentials and certificates are read from their files for each request,
/// so rotated ones are used immediately.
/// </summary>
internal sealed class ReceiverClient(ReceiverOptions options, TimeProvider time) : IDisposable
{
    private const int MaxBodyBytes = 64 << 10;

    // A wrong clock or a mistake of the receiver must not stop sending for days, and a timer cannot wait for weeks.
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(5);

    private HttpClient? _http;
    private string _tlsFiles = "";

    /// <summary>Sends a request and reads the start of the response.</summary>
    public async Task<ReceiverResponse> SendRequestAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            request.Headers.UserAgent.ParseAdd("metrics-relay/1.0");
            // Without credentials in the options, an Authorization header of the request remains.
            if (await ReadCredentialsAsync(either.Token) is { } credentials)
            {
                request.Headers.Authorization = credentials;
            }

            var http = await GetHttpClientAsync(either.Token);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return new ReceiverResponse(
                response.StatusCode,
                response.Headers.Concat(response.Content.Headers)
                    .ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase),
                await ReadBodyStartAsync(response.Content, either.Token),
                GetRetryDelay(response.Headers.RetryAfter),
                null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return CreateFailure("timeout", $"no response within {options.Timeout.TotalSeconds} s");
        }
        catch (HttpRequestException exception)
        {
            return CreateFailure("connection", exception.InnerException is { } inner and not IOException
                ? $"{exception.Message} ({inner.Message})"
                : exception.Message);
        }
        catch (Exception exception) when (exception
            is IOException or UnauthorizedAccessException or FormatException or CryptographicException or ArgumentException)
        {
            // A credential file is missing, not readable, invalid, or only one of a pair has been rotated.
            return CreateFailure("connection", exception.Message);
        }
    }

    public void Dispose() => _http?.Dispose();

    private static ReceiverResponse CreateFailure(string outcome, string reason) =>
        new(null, new Dictionary<string, string>(), [], null, (outcome, reason));

    private TimeSpan? GetRetryDelay(RetryConditionHeaderValue? retryAfter)
    {
        TimeSpan? delay = retryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => null,
        };
        return delay > MaxRetryAfter ? MaxRetryAfter : delay;
    }

    private static async Task<byte[]> ReadBodyStartAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var body = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[4096];
        var length = 0;
        while (await body.ReadAsync(buffer.AsMemory(length), cancellationToken) is > 0 and var read)
        {
            length += read;
            if (length == MaxBodyBytes)
            {
                break;
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, length * 2);
            }
        }

        return buffer.AsSpan(0, length).ToArray();
    }

    private async Task<AuthenticationHeaderValue?> ReadCredentialsAsync(CancellationToken cancellationToken)
    {
        if (options.BearerTokenFile.Length > 0)
        {
            return new AuthenticationHeaderValue("Bearer", (await ReadFileAsync(options.BearerTokenFile, cancellationToken)).Trim());
        }

        if (options.Username.Length == 0)
        {
            return null;
        }

        var password = (await ReadFileAsync(options.PasswordFile, cancellationToken)).Trim();
        return new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.Username}:{password}")));
    }

    // The contents are compared, because the modification time of a link to a mounted Secret does not change.
    private async Task<HttpClient> GetHttpClientAsync(CancellationToken cancellationToken)
    {
        var ca = await ReadFileAsync(options.CaFile, cancellationToken);
        var certificate = await ReadFileAsync(options.ClientCertificateFile, cancellationToken);
        var key = await ReadFileAsync(options.ClientKeyFile, cancellationToken);
        var tlsFiles = string.Join('\0', ca, certificate, key);
        if (_http is null || tlsFiles != _tlsFiles)
        {
            var next = CreateHttpClient(ca, certificate, key);
            _http?.Dispose();
            (_http, _tlsFiles) = (next, tlsFiles);
        }

        return _http;
    }

    private static HttpClient CreateHttpClient(string ca, string certificate, string key)
    {
        var tls = new SslClientAuthenticationOptions();
        if (ca.Length > 0)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.ImportFromPem(ca);
        }

        if (certificate.Length > 0)
        {
            tls.ClientCertificates = [X509Certificate2.CreateFromPem(certificate, key)];
        }

        return new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            SslOptions = tls,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    private static async Task<string> ReadFileAsync(string file, CancellationToken cancellationToken) =>
        file.Length == 0 ? "" : await File.ReadAllTextAsync(file, cancellationToken);
}
