using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using LogTailer.Lines;

namespace LogTailer.Sinks.Http;

/// <summary>Sends lines in one request and interprets the response. It throws only when it is canceled.</summary>
internal sealed class HttpSender : IDisposable
{
    private const int MaxResponseBytes = 4 * 1024 * 1024;
    private const int MaxBodyCharsShown = 300;

    private readonly SinkOptions _options;
    private readonly IWireFormat _format;
    private readonly TimeProvider _time;
    private readonly SinkHttpClient _client;
    private readonly SinkCredentials _credentials;
    private readonly ByteBuffer _body = new(64 * 1024);
    private readonly ByteBuffer _compressed = new(16 * 1024);
    private bool _useGzip;

    public HttpSender(SinkOptions options, IWireFormat format, TimeProvider time)
    {
        (_options, _format, _time) = (options, format, time);
        _client = new SinkHttpClient(options);
        _credentials = new SinkCredentials(options);
        _useGzip = options.Gzip;
        Url = options.Url!.AbsolutePath == "/" && options.Url.Query.Length == 0 ? new Uri(options.Url, format.DefaultPath) : options.Url;
    }

    /// <summary>The URL of all requests.</summary>
    public Uri Url { get; }

    /// <summary>The server's clock minus ours, from its last response.</summary>
    public TimeSpan? ClockSkew { get; private set; }

    /// <summary>Sends the lines once.</summary>
    public async Task<SendResult> SendLinesAsync(LineBatch batch, int[] lines, CancellationToken cancellationToken)
    {
        // The timeout of the client ends with the response headers. This one includes the body, during which a store may stall too.
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(_options.Timeout);

        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Url) { Content = CreateContent(batch, lines) };
            AddHeaders(request.Headers);
            using var response = await _client.GetCurrentClient().SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            ClockSkew = response.Headers.Date - _time.GetUtcNow();
            var body = await ReadBodyAsync(response, timeout.Token);

            return response.IsSuccessStatusCode
                ? _format.InterpretSuccess((int)response.StatusCode, body, lines)
                : InterpretFailure(response, body);
        }
        catch (Exception exception) when (
            exception is HttpRequestException or IOException or UnauthorizedAccessException or CryptographicException or FormatException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var (what, remedy, label) = TransportDiagnosis.ExplainException(exception, Url, _options.Timeout);
            return new SendResult(SendOutcome.Retry, what, label) { Remedy = remedy, Cause = exception };
        }
    }

    /// <summary>Requests <paramref name="url"/> with HEAD.</summary>
    /// <returns>The status; null when there was no response.</returns>
    public async Task<HttpStatusCode?> ProbeUrlAsync(Uri url, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, url);
            AddHeaders(request.Headers);
            using var response = await _client.GetCurrentClient().SendAsync(request, cancellationToken);
            return response.StatusCode;
        }
        catch (Exception exception) when (
            exception is HttpRequestException or IOException or FormatException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    public void Dispose() => _client.Dispose();

    private void AddHeaders(HttpRequestHeaders headers)
    {
        _credentials.AddToRequest(headers, _format);

        foreach (var (name, value) in _options.Headers)
        {
            headers.Remove(name);
            headers.TryAddWithoutValidation(name, value);
        }

        if (_options.Tenant.Length > 0)
        {
            headers.Add("X-Scope-OrgID", _options.Tenant);
        }
    }

    private ReadOnlyMemoryContent CreateContent(LineBatch batch, int[] lines)
    {
        _body.ClearBytes();
        _format.EncodeLines(batch, lines, _body);
        var body = _body.Memory;
        var isCompressed = _useGzip && body.Length > 0;

        if (isCompressed)
        {
            _compressed.ClearBytes();

            using (var gzip = new GZipStream(new ByteBufferStream(_compressed), CompressionLevel.Fastest))
            {
                gzip.Write(_body.Bytes);
            }

            body = _compressed.Memory;
        }

        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(_format.ContentType);

        if (isCompressed)
        {
            content.Headers.ContentEncoding.Add("gzip");
        }

        return content;
    }

    private SendResult InterpretFailure(HttpResponseMessage response, byte[] body)
    {
        var status = (int)response.StatusCode;
        var shownBody = Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, MaxBodyCharsShown))).Trim();
        var (what, remedy) = TransportDiagnosis.ExplainStatus(status, response.Headers.Location?.ToString(), shownBody, Url);
        var result = new SendResult(SendOutcome.Retry, what, $"http_{status}") { Remedy = remedy };

        switch (status)
        {
            case 415 when _useGzip:
                // Remembered, so that not every batch is sent twice.
                _useGzip = false;
                return result with { Outcome = SendOutcome.CompressionRejected };
            case 400 or 413 or 422:
                return _format.GetConfigurationRemedy(status, body) is { } configurationRemedy
                    ? result with { Remedy = configurationRemedy }
                    : result with { Outcome = SendOutcome.Rejected };
            case 401 or 403:
                _credentials.ReloadRejectedToken();
                return result;
            case 429 or >= 500:
                return _format.IsRetryableStatus(status)
                    ? result with { RetryAfter = ParseRetryAfter(response.Headers.RetryAfter) }
                    : result with { Outcome = SendOutcome.Rejected };
            default:
                // A wrong path or a redirect is a configuration error, not a fault of the lines, so they are kept.
                return result;
        }
    }

    private TimeSpan? ParseRetryAfter(RetryConditionHeaderValue? value)
    {
        var wait = value?.Delta ?? value?.Date - _time.GetUtcNow();
        return wait is { } span && span < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static async Task<byte[]> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // Limited, so that a response cannot exhaust the memory.
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;

        while (body.Length < MaxResponseBytes && (read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }
}
