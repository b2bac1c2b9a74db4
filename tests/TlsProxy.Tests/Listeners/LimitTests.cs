using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using TlsProxy.Tests.Smuggling;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Listeners;

public sealed class LimitTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);

    public void Dispose() => _volume.Dispose();

    public static TheoryData<string, string, int> Requests => new()
    {
        { "101 headers", Headers(101, 10), 431 },
        { "10 000 headers", Headers(10_000, 1), 431 },
        { "34 KiB of headers", Headers(34, 1024), 431 },
        { "a target of 9 KiB", $"GET /{new string('a', 9 * 1024)} HTTP/1.1\r\nHost: localhost\r\n\r\n", 414 },
        { "a declared body of 100 MB", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n", 413 },
        { "no Host", "GET / HTTP/1.1\r\n\r\n", 400 },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Request_over_a_limit_is_rejected_with_its_own_status(string what, string request, int status)
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        await using var stream = await proxy.ConnectTlsAsync();

        await WriteIgnoringResetAsync(stream, request);
        var answer = await Raw.ReadToEndAsync(stream);

        Assert.True(answer.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal), $"{what}: {answer}");
    }

    /// <summary>Headers far over the limit, or one header over it, are not decoded completely: the connection ends (0).</summary>
    [Theory]
    [InlineData(90, 10, 200)]
    [InlineData(101, 10, 431)]
    [InlineData(10_000, 1, 0)]
    [InlineData(30, 1024, 200)]
    [InlineData(34, 1024, 431)]
    [InlineData(1, 34 * 1024, 0)]
    public async Task HTTP_2_request_over_a_header_limit_is_rejected(int count, int bytes, int status)
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("served"));
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        await using var stream = await proxy.ConnectTlsAsync(alpn: "h2");

        var answer = await RawHttp2.RequestAsync(
            stream, [":method=GET", ":scheme=https", ":path=/", ":authority=localhost", .. Enumerable.Range(0, count).Select(
                i => $"x-{i}={new string('v', bytes)}")]);

        Assert.Equal(status, answer);
    }

    /// <summary>More than the default size of Kestrel's request buffer.</summary>
    [Theory]
    [InlineData("1.1", 1)]
    [InlineData("1.1", 50)]
    [InlineData("2.0", 1)]
    [InlineData("2.0", 50)]
    public async Task Header_byte_limit_can_be_raised(string version, int count)
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync($"{context.Request.Headers.Sum(h => h.Value.ToString().Length)}"), headerBytes: 256 * 1024);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Limits:HeaderBytes=131072"]);
        using var client = RunningProxy.Client(Version.Parse(version));
        using var request = new HttpRequestMessage(HttpMethod.Get, proxy.Url) { Version = Version.Parse(version) };
        for (var i = 0; i < count; i++)
        {
            request.Headers.Add($"X-{i}", new string('v', 100_000 / count));
        }

        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.InRange(int.Parse(await response.Content.ReadAsStringAsync(), CultureInfo.InvariantCulture), 100_000, 101_000);
    }

    [Fact]
    public async Task Slow_headers_are_408()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Limits:HeaderTimeoutSeconds=1"]);
        await using var stream = await proxy.ConnectTlsAsync();

        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: loc"u8.ToArray());

        Assert.StartsWith("HTTP/1.1 408 ", await Raw.ReadToEndAsync(stream), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Idle_connection_is_closed()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Limits:KeepAliveSeconds=1"]);
        await using var stream = await proxy.ConnectTlsAsync();

        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());

        Assert.StartsWith("HTTP/1.1 200 ", await Raw.ReadToEndAsync(stream), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_over_the_limit_is_closed_until_another_one_ends()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Limits:Connections=2"]);
        var first = await proxy.ConnectTlsAsync();
        await using var second = await proxy.ConnectTlsAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => proxy.ConnectTlsAsync());
        await first.DisposeAsync();

        await Eventually.AssertAsync(
            async () =>
            {
                try
                {
                    await using var third = await proxy.ConnectTlsAsync();
                    return true;
                }
                catch (IOException)
                {
                    return false;
                }
            },
            "a place for the third");
    }

    [Fact]
    public async Task Stream_over_the_limit_of_its_connection_is_refused_and_others_are_served()
    {
        var release = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(_ => release.Task);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Limits:StreamsPerConnection=2"]);
        await using var stream = await proxy.ConnectTlsAsync(alpn: "h2");
        await RawHttp2.OpenAsync(stream);
        foreach (var id in new[] { 1, 3, 5 })
        {
            await stream.WriteAsync(RawHttp2.Request(id, [":method=GET", ":scheme=https", ":path=/", ":authority=localhost"]));
        }

        const byte refusedStream = 7;
        const byte maximumStreams = 3;
        var frames = new List<(byte Type, int StreamId, byte[] Payload)>();
        while (!frames.Any(f => f.Type == RawHttp2.ResetFrame))
        {
            frames.Add(await RawHttp2.ReadAsync(stream));
        }

        var reset = frames[^1];
        Assert.Equal(5, reset.StreamId);
        Assert.Equal(refusedStream, reset.Payload[3]);
        var settings = frames.First(f => f.Type == RawHttp2.SettingsFrame && f.Payload.Length > 0).Payload;
        Assert.Contains(settings.Chunk(6), s => s[1] == maximumStreams && s[5] == 2);

        release.SetResult();
        var answered = new HashSet<int>();
        while (answered.Count < 2)
        {
            var (_, id, _) = await RawHttp2.ReadAsync(stream);
            if (id != 0)
            {
                answered.Add(id);
            }
        }

        Assert.Equal([1, 3], answered.Order());
    }

    /// <summary>Kestrel applies the minimum rate after five seconds, so this test takes as long.</summary>
    [Fact]
    public async Task Body_below_the_minimum_rate_is_aborted_in_either_direction()
    {
        var sawEnd = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            if (context.Request.Path == "/large")
            {
                try
                {
                    var chunk = new byte[64 * 1024];
                    while (true)
                    {
                        await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
                    }
                }
                catch (OperationCanceledException)
                {
                    sawEnd.SetResult();
                }
            }

            await context.Request.Body.CopyToAsync(Stream.Null);
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Limits:MinimumBytesPerSecond=1000000"]);
        await using var slowBody = await proxy.ConnectTlsAsync();
        await using var slowReader = await proxy.ConnectTlsAsync();

        await slowReader.WriteAsync("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        await slowBody.WriteAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nonly this"u8.ToArray());

        Assert.StartsWith("HTTP/1.1 408 ", await Raw.ReadToEndAsync(slowBody), StringComparison.Ordinal);
        await sawEnd.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static string Headers(int count, int bytes)
    {
        var text = new StringBuilder("GET / HTTP/1.1\r\nHost: localhost\r\n");
        for (var i = 0; i < count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"X-{i}: {new string('v', bytes)}\r\n");
        }

        return text.Append("\r\n").ToString();
    }

    private static async Task WriteIgnoringResetAsync(Stream stream, string request)
    {
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        }
        catch (IOException)
        {
            // The request was rejected before it was sent completely; the response contains the reason.
        }
    }
}
