using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using TlsProxy.AccessLog;
using TlsProxy.Clients;
using TlsProxy.Metrics;
using TlsProxy.Requests;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.AccessLog;

public sealed class AccessLogTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);

    public void Dispose() => _volume.Dispose();

    [Fact]
    public async Task Each_request_is_one_JSON_line_on_stdout_with_all_fields()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("hello"));
        await using var proxy = await ProxyProcess.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(proxy.Url, "/a%22b%0A/%C3%A9?secret=1"));
        request.Headers.Add("X-Request-Id", "the-id");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using var response = await client.SendAsync(request);

        var line = await LineAsync(proxy, "the-id");

        using var json = JsonDocument.Parse(line);
        var entry = json.RootElement;
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", entry.GetProperty("timestamp").GetString());
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", entry.GetProperty("trace_id").GetString());
        Assert.Equal("127.0.0.1", entry.GetProperty("client").GetString());
        Assert.Equal("1.3", entry.GetProperty("tls_version").GetString());
        Assert.StartsWith("TLS_", entry.GetProperty("tls_cipher").GetString(), StringComparison.Ordinal);
        Assert.Equal("localhost", entry.GetProperty("sni").GetString());
        Assert.Equal("HTTP/1.1", entry.GetProperty("protocol").GetString());
        Assert.Equal("POST", entry.GetProperty("method").GetString());
        Assert.Equal("/a\"b\n/é", entry.GetProperty("path").GetString());
        Assert.Equal("success", entry.GetProperty("status").GetString());
        Assert.Equal(200, entry.GetProperty("status_code").GetInt32());
        Assert.Equal(5, entry.GetProperty("bytes").GetInt64());
        Assert.True(entry.GetProperty("latency_ms").GetDouble() >= entry.GetProperty("upstream_ms").GetDouble());
        Assert.False(entry.TryGetProperty("error", out _));
        Assert.DoesNotContain("secret", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failed_request_is_logged_with_its_error_code()
    {
        await using var proxy = await ProxyProcess.StartAsync(_volume.Path, new Uri("http://127.0.0.1:1"));
        using var client = RunningProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, proxy.Url);
        request.Headers.Add("X-Request-Id", "failing");
        using var response = await client.SendAsync(request);

        using var json = JsonDocument.Parse(await LineAsync(proxy, "failing"));

        Assert.Equal("upstream_unreachable", json.RootElement.GetProperty("error").GetString());
        Assert.Equal("error", json.RootElement.GetProperty("status").GetString());
        Assert.Equal(502, json.RootElement.GetProperty("status_code").GetInt32());
    }

    // Kestrel rejects these itself. They are the second request of their connection, to show that nothing of the first one is logged.
    [Fact]
    public async Task Request_rejected_by_Kestrel_is_logged_and_counted()
    {
        (string What, string Bytes, int Status, string Error)[] kinds =
        [
            ("a bare line feed", "GET /one HTTP/1.1\nHost: localhost\r\n\r\n", 400, "bad_request"),
            ("a folded header", "GET /two HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\n 2\r\n\r\n", 400, "bad_request"),
            ("no Host", "GET /three HTTP/1.1\r\n\r\n", 400, "bad_request"),
            ("no line at all", "\u0001\u0002 \"\\\r\n\r\n", 400, "bad_request"),
            ("a long target", $"GET /{new string('a', 9 * 1024)} HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, "target_too_long"),
            ("many headers", "GET / HTTP/1.1\r\n" + string.Concat(Enumerable.Repeat("X-A: 1\r\n", 101)) + "\r\n", 431, "headers_too_large"),
            ("half a header", "GET /slow HTTP/1.1\r\nHost: loc", 408, "request_timeout"),
        ];
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await ProxyProcess.StartAsync(_volume.Path, upstream.Url, "--Limits:HeaderTimeoutSeconds=1");
        var lines = 0;
        foreach (var (what, bytes, status, error) in kinds)
        {
            await using var stream = await RunningProxy.ConnectTlsAsync(proxy.Port);
            await stream.WriteAsync("HEAD /first HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
            await stream.ReadAtLeastAsync(new byte[4096], 1);

            await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes));
            var answer = await Raw.ReadToEndAsync(stream);

            Assert.True(answer.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal), $"{what}: {answer}");
            lines += 2;
            await Eventually.AssertAsync(() => Lines(proxy).Count == lines, "the line of " + what);
            using var json = JsonDocument.Parse(Lines(proxy)[^1]);
            var entry = json.RootElement;
            Assert.Equal(status, entry.GetProperty("status_code").GetInt32());
            Assert.Equal(error, entry.GetProperty("error").GetString());
            Assert.Equal("127.0.0.1", entry.GetProperty("client").GetString());
            Assert.Equal("1.3", entry.GetProperty("tls_version").GetString());
            Assert.NotEqual("/first", entry.GetProperty("path").GetString());
        }

        using var client = new HttpClient();
        var metrics = (await client.GetStringAsync(new Uri(proxy.Management, "/metrics"))).Split('\n');
        Assert.Contains("tls_proxy_requests_refused_total{reason=\"bad_request\"} 4", metrics);
        Assert.Contains(metrics, l => l.StartsWith("tls_proxy_requests_total{code=\"431\",", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Request_with_a_malformed_body_is_logged_once()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await ProxyProcess.StartAsync(_volume.Path, upstream.Url);
        await using (var stream = await RunningProxy.ConnectTlsAsync(proxy.Port))
        {
            await stream.WriteAsync("POST /body HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\nTransfer-Encoding: chunked\r\n\r\nnothing\r\n"u8.ToArray());
            Assert.StartsWith("HTTP/1.1 400 ", await Raw.ReadToEndAsync(stream), StringComparison.Ordinal);
        }

        using var client = RunningProxy.Client();
        using var last = new HttpRequestMessage(HttpMethod.Get, proxy.Url);
        last.Headers.Add("X-Request-Id", "last");
        using var response = await client.SendAsync(last);
        await LineAsync(proxy, "last");

        Assert.Equal(2, Lines(proxy).Count);
        await LineAsync(proxy, "mine");
    }

    [Theory]
    [InlineData("2026-01-01T00:00:00.0000000Z", 0, "2026-01-01T00:00:00.000Z", "0.000")]
    [InlineData("2026-12-31T23:59:59.9999999Z", 4, "2026-12-31T23:59:59.999Z", "0.000")]
    [InlineData("2026-02-28T09:08:07.0650000Z", 5, "2026-02-28T09:08:07.065Z", "0.001")]
    [InlineData("2026-02-28T09:08:07.0050000Z", 12_345_678, "2026-02-28T09:08:07.005Z", "1234.568")]
    [InlineData("2026-02-28T09:08:07.1000000Z", 9_999_996, "2026-02-28T09:08:07.100Z", "1000.000")]
    [InlineData("2026-02-28T09:08:07.1000000Z", -3, "2026-02-28T09:08:07.100Z", "0.000")]
    public async Task Line_has_millisecond_timestamps_and_microsecond_durations(
        string now, long ticks, string timestamp, string milliseconds)
    {
        Assert.Equal([(timestamp, milliseconds)], await WriteAsync(
            [(DateTimeOffset.Parse(now, CultureInfo.InvariantCulture), TimeSpan.FromTicks(ticks))]));
    }

    [Fact]
    public async Task Lines_of_different_seconds_have_their_own_timestamps()
    {
        var start = new DateTimeOffset(2026, 3, 1, 23, 59, 58, TimeSpan.Zero);
        var times = Enumerable.Range(0, 40).Select(i => start.AddMilliseconds((i * 377) - (i % 7 * 900))).ToList();

        var lines = await WriteAsync([.. times.Select(t => (t, TimeSpan.Zero))]);

        Assert.Equal(
            times.Select(t => t.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)), lines.Select(l => l.Timestamp));
    }

    [Theory]
    [InlineData('\u00e9')]
    [InlineData('+')]
    [InlineData('\n')]
    [InlineData('\ud800')]
    public async Task Line_with_very_long_values_is_complete_JSON(char letter)
    {
        var client = ClientConnection.FromEndPoint(null);
        var endless = new string(letter, 10_000);
        client.CompleteHandshake(new TlsSession("1.3", "TLS_AES_128_GCM_SHA256", endless, endless, null));
        var context = new DefaultHttpContext();
        context.Request.Path = "/" + endless;
        context.Request.Headers.Host = endless;
        context.Request.Method = endless;

        var line = Assert.Single(await WriteAsync([(DateTimeOffset.UnixEpoch, TimeSpan.FromMilliseconds(1))], client, context));

        Assert.Equal(("1970-01-01T00:00:00.000Z", "1.000"), line);
    }

    [Theory]
    [InlineData("/admin/", '+', 900, 907, false)]
    [InlineData("/admin/", '+', 3000, 900, true)]
    [InlineData("/admin/", '\u00e9', 3000, 900, true)]
    [InlineData("/admin/", 'a', 3000, 3007, false)]
    [InlineData("/admin/", 'a', 8000, 5000, true)]
    public void Path_is_cut_where_it_does_not_fit_and_marked(string start, char letter, int count, int minimum, bool truncated)
    {
        var context = new DefaultHttpContext();
        context.Request.Path = start + new string(letter, count);

        var line = FormatLine(context, ClientConnection.FromEndPoint(null));

        Assert.StartsWith(start, line.GetProperty("path").GetString(), StringComparison.Ordinal);
        Assert.InRange(line.GetProperty("path").GetString()!.Length, minimum, start.Length + count);
        Assert.Equal(truncated, line.TryGetProperty("truncated", out _));
    }

    [Fact]
    public void Long_host_and_method_do_not_displace_the_path()
    {
        var context = new DefaultHttpContext();
        context.Request.Method = new string('M', 7000);
        context.Request.Headers.Host = new string('"', 7000);
        context.Request.Path = "/admin/delete";

        var line = FormatLine(context, ClientConnection.FromEndPoint(null));

        Assert.Equal("/admin/delete", line.GetProperty("path").GetString());
        Assert.True(line.GetProperty("truncated").GetBoolean());
    }

    private static JsonElement FormatLine(HttpContext context, ClientConnection client)
    {
        using var formatter = new AccessLogFormatter();
        var state = new RequestState(0, "id", null, client);
        var line = formatter.FormatLine(context, state, "2026-01-01T00:00:00.000Z"u8, null, TimeSpan.Zero);
        Assert.InRange(line.Length, 1, 8 * 1024);
        using var json = JsonDocument.Parse(line.ToArray());
        return json.RootElement.Clone();
    }

    /// <returns>The timestamp and the unparsed latency of each line.</returns>
    private static async Task<List<(string Timestamp, string Milliseconds)>> WriteAsync(
        List<(DateTimeOffset Now, TimeSpan Elapsed)> requests, ClientConnection? client = null, HttpContext? context = null)
    {
        using var output = new MemoryStream();
        var clock = new FakeTimeProvider();
        using var log = new AccessLogWriter(
            new AccessLogOptions(),
            new ProxyMetrics(Prometheus.Metrics.WithCustomRegistry(Prometheus.Metrics.NewCustomRegistry())),
            clock,
            output,
            output);
        await log.StartAsync(default);
        foreach (var (now, elapsed) in requests)
        {
            clock.AdjustTime(now);
            var state = new RequestState(0, "id", null, client ?? ClientConnection.FromEndPoint(null));
            log.WriteRequest(context ?? new DefaultHttpContext(), state, elapsed);
        }

        await log.StopAsync(default);
        return
        [
            .. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
            {
                using var json = JsonDocument.Parse(line);
                return (json.RootElement.GetProperty("timestamp").GetString()!, json.RootElement.GetProperty("latency_ms").GetRawText());
            }),
        ];
    }

    [Fact]
    public async Task Stalled_stdout_reader_drops_and_counts_lines_but_delays_no_request()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("hello"));
        using var stalled = new StalledStream();
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Path, upstream.Url, ["--AccessLog:Enabled=true", "--AccessLog:QueueBytes=64KiB"], builder => StalledStream.Use(
                builder, stalled));
        using var client = RunningProxy.Client(new Version(2, 0));

        await Parallel.ForAsync(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, token) =>
        {
            using var response = await client.GetAsync(proxy.Url, token);
            response.EnsureSuccessStatusCode();
        });

        await Eventually.AssertAsync(
            async () => await proxy.MetricAsync("tls_proxy_access_log_dropped_total") > 0, "dropped lines are counted");
        stalled.Release();
        var dropped = await proxy.MetricAsync("tls_proxy_access_log_dropped_total");
        await Eventually.AssertAsync(() => stalled.Lines == 1000 - dropped, "every other line is there");
        Assert.All(stalled.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => JsonDocument.Parse(line).Dispose());
    }

    private static List<string> Lines(ProxyProcess proxy) => [.. proxy.Output.Where(
        l => l.Contains("\"event\":\"request\"", StringComparison.Ordinal))];

    public static TheoryData<bool, string, string, int> Answers => new()
    {
        { false, "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", 0 },
        { false, "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000000\r\n\r\n", 0 },
        { false, "GET", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", 0 },
        { false, "GET", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbroken", 6 },
        { false, "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole", 5 },
        { false, "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n", 5 },
        { true, "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", 0 },
        { true, "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000000\r\n\r\n", 0 },
        { true, "GET", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbroken", 6 },
        { true, "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole", 5 },
        { true, "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n", 5 },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Logged_bytes_are_the_bytes_of_the_sent_body(bool routed, string method, string answer, int bytes)
    {
        await using var upstream = ScriptedUpstream.RespondingWith(answer, closes: true);
        using var written = new MemoryStream();
        await using (var proxy = await StartAsync(routed, upstream.Url, written))
        {
            using var client = RunningProxy.Client();
            try
            {
                using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), proxy.Url));
                await response.Content.ReadAsByteArrayAsync();
            }
            catch (HttpRequestException)
            {
                // The response was aborted, as expected.
            }
        }

        Assert.Equal(bytes, Bytes(written));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Logged_bytes_of_an_aborted_download_end_at_the_abort(bool routed)
    {
        const long size = 1L << 30;
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            context.Response.ContentLength = size;
            var part = new byte[64 * 1024];
            for (var sent = 0L; sent < size && !context.RequestAborted.IsCancellationRequested; sent += part.Length)
            {
                await context.Response.Body.WriteAsync(part, context.RequestAborted);
            }
        });
        using var written = new MemoryStream();
        await using (var proxy = await StartAsync(routed, upstream.Url, written))
        {
            using var client = RunningProxy.Client();
            using (var response = await client.GetAsync(proxy.Url, HttpCompletionOption.ResponseHeadersRead))
            {
                await using var body = await response.Content.ReadAsStreamAsync();
                await body.ReadExactlyAsync(new byte[100_000]);
            }

            await Eventually.AssertAsync(async () => (await proxy.MetricsAsync()).Contains("tls_proxy_requests_total{", StringComparison.Ordinal), "the end of the request");
        }

        // The bytes read by the client, and those in buffers between proxy and client.
        Assert.InRange(Bytes(written), 100_000, size / 4);
    }

    [Fact]
    public async Task Logged_bytes_include_the_body_of_an_error_response()
    {
        using var written = new MemoryStream();
        var length = 0;
        await using (var proxy = await StartAsync(routed: false, new Uri("http://127.0.0.1:1"), written))
        {
            using var client = RunningProxy.Client();
            using var response = await client.GetAsync(proxy.Url);
            length = (await response.Content.ReadAsByteArrayAsync()).Length;
        }

        Assert.NotEqual(0, length);
        Assert.Equal(length, Bytes(written));
    }

    /// <summary>Redirects the access log of a proxy to this stream; it is complete when the proxy has stopped.</summary>
    private async Task<RunningProxy> StartAsync(bool routed, Uri upstream, MemoryStream written)
    {
        using var routes = new RouteFile().Write(null, ("app", [upstream]));
        return await RunningProxy.StartAsync(
            _volume.Path, upstream, [.. routed ? new[] { routes.Argument } : [], "--AccessLog:Enabled=true"], builder => StalledStream.Use(
                builder, written));
    }

    private static long Bytes(MemoryStream written)
    {
        using var json = JsonDocument.Parse(
            Assert.Single(Encoding.UTF8.GetString(written.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        return json.RootElement.GetProperty("bytes").GetInt64();
    }

    private static async Task<string> LineAsync(ProxyProcess proxy, string requestId)
    {
        string? line = null;
        await Eventually.AssertAsync(
            () => (line = proxy.Output.FirstOrDefault(l => l.Contains($"\"request_id\":\"{requestId}\"", StringComparison.Ordinal))) is not null, "the line");
        return line!;
    }

    /// <summary>A stdout whose reader is stalled.</summary>
    private sealed class StalledStream : MemoryStream
    {
        private readonly ManualResetEventSlim _released = new();
        private readonly Lock _lock = new();

        public string Text
        {
            get
            {
                lock (_lock)
                {
                    return Encoding.UTF8.GetString(ToArray());
                }
            }
        }

        public int Lines => Text.Count(c => c == '\n');

        public static void Use(Hosting.ContainerApplicationBuilder<TlsProxyOptions> builder, Stream stream) =>
            Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton(
                builder.Services,
                services => new TlsProxy.AccessLog.AccessLogWriter(
                    builder.Options.AccessLog,
                    (ProxyMetrics)services.GetService(typeof(ProxyMetrics))!,
                    TimeProvider.System,
                    stream,
                    stream));

        public void Release() => _released.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _released.Wait();
            lock (_lock)
            {
                base.Write(buffer);
            }
        }

        protected override void Dispose(bool disposing)
        {
            _released.Set();
            base.Dispose(disposing);
        }
    }
}
