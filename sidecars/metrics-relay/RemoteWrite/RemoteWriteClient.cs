using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace MetricsRelay.RemoteWrite;

/// <summary>Sends one message to the receiver.</summary>
internal sealed class RemoteWriteClient(RemoteWriteOptions options, TimeProvider time) : IDisposable
{
    private const int ShownOfAnAnswer = 500;

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = 1 << 20,
    };

    public async Task<SendOutcome> SendAsync(byte[] message, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, options.Url);
            request.Content = new ByteArrayContent(message);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
            request.Content.Headers.ContentEncoding.Add("snappy");
            request.Headers.Add("X-Prometheus-Remote-Write-Version", "0.1.0");
            request.Headers.UserAgent.ParseAdd("metrics-relay/1.0");
            request.Headers.Authorization = await CredentialsAsync(either.Token);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return response.IsSuccessStatusCode ? SendOutcome.Accepted : await JudgeAsync(response, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new SendOutcome("timeout", false, $"no answer within {options.Timeout.TotalSeconds} s");
        }
        catch (HttpRequestException e)
        {
            return new SendOutcome("connection", false, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // The credentials' file: gone, not to be read, or not what a header can hold.
            return new SendOutcome("connection", false, e.Message);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<SendOutcome> JudgeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var answer = await response.Content.ReadAsStringAsync(cancellationToken);
        var error = $"{status} {answer[..Math.Min(answer.Length, ShownOfAnAnswer)].Trim()}".TrimEnd();
        var again = status >= 500 || response.StatusCode == HttpStatusCode.TooManyRequests;
        var after = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return new SendOutcome(again ? "retried" : "refused", !again, error, after);
    }

    private async Task<AuthenticationHeaderValue?> CredentialsAsync(CancellationToken cancellationToken)
    {
        if (options.BearerTokenFile.Length > 0)
        {
            return new AuthenticationHeaderValue("Bearer", await SecretAsync(options.BearerTokenFile));
        }

        if (options.Username.Length == 0)
        {
            return null;
        }

        var password = options.PasswordFile.Length > 0 ? await SecretAsync(options.PasswordFile) : "";
        return new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.Username}:{password}")));

        async Task<string> SecretAsync(string file) => (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
    }
}
