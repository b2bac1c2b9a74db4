using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using LogTailer.Lines;

namespace LogTailer.Sinks.Http;

/// <summary>Sends lines in one request and says what became of them. It never throws but for cancellation.</summary>
internal sealed class HttpSender : IDisposable
{
    private const int AnswerBytesRead = 4 * 1024 * 1024;
    private const int AnswerShown = 300;

    private readonly SinkOptions _options;
    private readonly IWireFormat _format;
    private readonly TimeProvider _time;
    private readonly Connection _connection;
    private readonly Credentials _credentials;
    private readonly ByteBuffer _body = new(64 * 1024);
    private readonly ByteBuffer _compressed = new(16 * 1024);
    private bool _gzip;

    public HttpSender(SinkOptions options, IWireFormat format, TimeProvider time)
    {
        (_options, _format, _time) = (options, format, time);
        _connection = new Connection(options);
        _credentials = new Credentials(options);
        _gzip = options.Gzip;
        Url = options.Url!.AbsolutePath == "/" && options.Url.Query.Length == 0 ? new Uri(options.Url, format.DefaultPath) : options.Url;
    }

    /// <summary>Where requests go.</summary>
    public Uri Url { get; }

    /// <summary>The server's clock less ours, as of its last answer.</summary>
    public TimeSpan? ClockSkew { get; private set; }

    /// <summary>Sends the lines once.</summary>
    public async Task<Verdict> SendAsync(LineBatch batch, int[] lines, CancellationToken cancellationToken)
    {
        // Of the whole exchange: the client's own time-out ends with the headers, and a store may stall after them.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_options.Timeout);

        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Url) { Content = Encode(batch, lines) };
            AddHeaders(request.Headers);
            using var response = await _connection.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            ClockSkew = response.Headers.Date - _time.GetUtcNow();
            var answer = await ReadAsync(response, patience.Token);

            return response.IsSuccessStatusCode ? _format.Judge((int)response.StatusCode, answer, lines) : JudgeFailure(response, answer);
        }
        catch (Exception exception) when (
            exception is HttpRequestException or IOException or UnauthorizedAccessException or CryptographicException or FormatException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var (what, remedy, label) = TransportDiagnosis.Of(exception, Url, _options.Timeout);
            return new Verdict(Outcome.Retry, what, label) { Remedy = remedy, Cause = exception };
        }
    }

    /// <summary>Asks whether something is there.</summary>
    /// <returns>The status; null where there was no answer.</returns>
    public async Task<HttpStatusCode?> AskAsync(Uri url, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, url);
            AddHeaders(request.Headers);
            using var response = await _connection.Client.SendAsync(request, cancellationToken);
            return response.StatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or FormatException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    public void Dispose() => _connection.Dispose();

    private void AddHeaders(HttpRequestHeaders headers)
    {
        _credentials.Apply(headers, _format);

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

    private ReadOnlyMemoryContent Encode(LineBatch batch, int[] lines)
    {
        _body.Clear();
        _format.Encode(batch, lines, _body);
        var body = _body.Memory;
        var gzipped = _gzip && body.Length > 0;

        if (gzipped)
        {
            _compressed.Clear();

            using (var gzip = new GZipStream(new BufferStream(_compressed), CompressionLevel.Fastest))
            {
                gzip.Write(_body.Bytes);
            }

            body = _compressed.Memory;
        }

        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(_format.ContentType);

        if (gzipped)
        {
            content.Headers.ContentEncoding.Add("gzip");
        }

        return content;
    }

    private Verdict JudgeFailure(HttpResponseMessage response, byte[] answer)
    {
        var status = (int)response.StatusCode;
        var said = Encoding.UTF8.GetString(answer.AsSpan(0, Math.Min(answer.Length, AnswerShown))).Trim();
        var (what, remedy) = TransportDiagnosis.Of(status, response.Headers.Location?.ToString(), said, Url);
        var verdict = new Verdict(Outcome.Retry, what, $"http_{status}") { Remedy = remedy };

        switch (status)
        {
            case 415 when _gzip:
                // Or it would have to be asked anew for every batch.
                _gzip = false;
                return verdict with { Outcome = Outcome.Uncompressed };
            case 400 or 413 or 422:
                return _format.RemedyOf(status, answer) is { } remedyOf ? verdict with { Remedy = remedyOf } : verdict with { Outcome = Outcome.Refused };
            case 401 or 403:
                _credentials.Refused();
                return verdict;
            case 429 or >= 500:
                return _format.IsRetried(status)
                    ? verdict with { RetryAfter = RetryAfter(response.Headers.RetryAfter) }
                    : verdict with { Outcome = Outcome.Refused };
            default:
                // A wrong path, a redirect: a matter of configuration. The lines are not to blame, so they are kept.
                return verdict;
        }
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? value)
    {
        var wait = value?.Delta ?? value?.Date - _time.GetUtcNow();
        return wait is { } span && span < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // As much as a store says of a batch, and no more: what it sends must not grow our memory.
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var answer = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;

        while (answer.Length < AnswerBytesRead && (read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            answer.Write(buffer, 0, read);
        }

        return answer.ToArray();
    }

    /// <summary>A stream that appends to a buffer.</summary>
    private sealed class BufferStream(ByteBuffer buffer) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => buffer.Length;

        public override long Position { get => buffer.Length; set => throw new NotSupportedException(); }

        public override void Write(byte[] bytes, int offset, int count) => buffer.Append(bytes.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> bytes) => buffer.Append(bytes);

        public override void Flush()
        {
        }

        public override int Read(byte[] bytes, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
