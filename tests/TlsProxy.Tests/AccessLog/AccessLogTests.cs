using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.AccessLog;

public sealed class AccessLogTests : IDisposable
{
    private static readonly TestCertificates Authority = new();
    private readonly SecretVolume _volume = new(Authority.Issue().Files);

    public void Dispose() => _volume.Dispose();

    [Fact]
    public async Task Each_request_is_one_line_of_JSON_on_stdout_with_all_that_is_known_of_it()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("hello"));
        await using var proxy = await ProxyProcess.StartAsync(_volume.Directory, upstream.Url);
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
    public async Task A_request_that_failed_has_its_reason()
    {
        await using var proxy = await ProxyProcess.StartAsync(_volume.Directory, new Uri("http://127.0.0.1:1"));
        using var client = RunningProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, proxy.Url);
        request.Headers.Add("X-Request-Id", "failing");
        using var response = await client.SendAsync(request);

        using var json = JsonDocument.Parse(await LineAsync(proxy, "failing"));

        Assert.Equal("upstream_unreachable", json.RootElement.GetProperty("error").GetString());
        Assert.Equal("error", json.RootElement.GetProperty("status").GetString());
        Assert.Equal(502, json.RootElement.GetProperty("status_code").GetInt32());
    }

    [Fact]
    public async Task A_reader_of_stdout_that_stops_costs_counted_lines_and_no_request()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("hello"));
        using var stalled = new StalledStream();
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Directory, upstream.Url, ["--AccessLog:Enabled=true", "--AccessLog:QueueBytes=64KiB"], builder => StalledStream.Use(builder, stalled));
        using var client = RunningProxy.Client(new Version(2, 0));

        await Parallel.ForAsync(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, token) =>
        {
            using var response = await client.GetAsync(proxy.Url, token);
            response.EnsureSuccessStatusCode();
        });

        await Eventually.TrueAsync(async () => await proxy.MetricAsync("tls_proxy_access_log_dropped_total") > 0, "dropped lines are counted");
        stalled.Release();
        var dropped = await proxy.MetricAsync("tls_proxy_access_log_dropped_total");
        await Eventually.TrueAsync(() => stalled.Lines == 1000 - dropped, "every other line is there");
        Assert.All(stalled.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => JsonDocument.Parse(line).Dispose());
    }

    private static async Task<string> LineAsync(ProxyProcess proxy, string requestId)
    {
        string? line = null;
        await Eventually.TrueAsync(
            () => (line = proxy.Output.FirstOrDefault(l => l.Contains($"\"request_id\":\"{requestId}\"", StringComparison.Ordinal))) is not null, "the line");
        return line!;
    }

    /// <summary>A stdout whose reader has stopped.</summary>
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

        public static void Use(Hosting.ContainerApplicationBuilder<TlsProxyOptions> builder, StalledStream stream) =>
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
