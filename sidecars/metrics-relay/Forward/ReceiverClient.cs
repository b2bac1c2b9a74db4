using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MetricsRelay.Forward;

/// <summary>
/// Speaks HTTP to one receiver, one request at a time, with credentials and TLS from files that are read for each
/// request: what rotates is used at once.
/// </summary>
internal sealed class ReceiverClient(ReceiverOptions options, TimeProvider time) : IDisposable
{
    private const int MaxAnswer = 64 << 10;

    // A slip of the receiver or of a clock must not end the sending for days, and a timer cannot wait for weeks.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    private HttpClient? _http;
    private string _trust = "";

    /// <summary>Sends a request and reads the beginning of the answer.</summary>
    public async Task<ReceiverAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            request.Headers.UserAgent.ParseAdd("metrics-relay/1.0");
            // Without credentials of the options' own, those among the request's headers stay.
            if (await CredentialsAsync(either.Token) is { } credentials)
            {
                request.Headers.Authorization = credentials;
            }

            var http = await ConnectionAsync(either.Token);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return new ReceiverAnswer(
                response.StatusCode,
                response.Headers.Concat(response.Content.Headers)
                    .ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase),
                await BeginningAsync(response.Content, either.Token),
                RetryAfter(response.Headers.RetryAfter),
                null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return None("timeout", $"no answer within {options.Timeout.TotalSeconds} s");
        }
        catch (HttpRequestException e)
        {
            return None("connection", e.InnerException is { } inner and not IOException ? $"{e.Message} ({inner.Message})" : e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or CryptographicException or ArgumentException)
        {
            // A file of the credentials: gone, not to be read, half rotated, or not what it should hold.
            return None("connection", e.Message);
        }
    }

    public void Dispose() => _http?.Dispose();

    private static ReceiverAnswer None(string outcome, string reason) =>
        new(null, new Dictionary<string, string>(), [], null, (outcome, reason));

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? after)
    {
        TimeSpan? wait = after switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => null,
        };
        return wait > LongestWait ? LongestWait : wait;
    }

    private static async Task<byte[]> BeginningAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var body = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[4096];
        var length = 0;
        while (await body.ReadAsync(buffer.AsMemory(length), cancellationToken) is > 0 and var read)
        {
            length += read;
            if (length == MaxAnswer)
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

    private async Task<AuthenticationHeaderValue?> CredentialsAsync(CancellationToken cancellationToken)
    {
        if (options.BearerTokenFile.Length > 0)
        {
            return new AuthenticationHeaderValue("Bearer", (await ReadAsync(options.BearerTokenFile, cancellationToken)).Trim());
        }

        if (options.Username.Length == 0)
        {
            return null;
        }

        var password = (await ReadAsync(options.PasswordFile, cancellationToken)).Trim();
        return new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.Username}:{password}")));
    }

    // Compared by what the files hold: a mounted Secret is swapped behind a link whose own time never changes.
    private async Task<HttpClient> ConnectionAsync(CancellationToken cancellationToken)
    {
        var ca = await ReadAsync(options.CaFile, cancellationToken);
        var certificate = await ReadAsync(options.ClientCertificateFile, cancellationToken);
        var key = await ReadAsync(options.ClientKeyFile, cancellationToken);
        var trust = string.Join('\0', ca, certificate, key);
        if (_http is null || trust != _trust)
        {
            var next = Connect(ca, certificate, key);
            _http?.Dispose();
            (_http, _trust) = (next, trust);
        }

        return _http;
    }

    private static HttpClient Connect(string ca, string certificate, string key)
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

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken) =>
        file.Length == 0 ? "" : await File.ReadAllTextAsync(file, cancellationToken);
}
