using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Forwarding;

public sealed class StreamingTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);

    public void Dispose() => _volume.Dispose();

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Server_sent_events_arrive_without_buffering(string version)
    {
        var next = new SemaphoreSlim(0);
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 3; i++)
            {
                await context.Response.WriteAsync($"data: {i}\n\n");
                await next.WaitAsync(context.RequestAborted);
            }
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client(Version.Parse(version));
        using var response = await client.GetAsync(proxy.Url, HttpCompletionOption.ResponseHeadersRead);
        using var events = new StreamReader(await response.Content.ReadAsStreamAsync());

        for (var i = 0; i < 3; i++)
        {
            // Each event is read before the application sends the next one, so nothing may be buffered.
            Assert.Equal($"data: {i}", await events.ReadLineAsync());
            Assert.Equal("", await events.ReadLineAsync());
            next.Release();
        }

        Assert.Null(await events.ReadLineAsync());
    }

    [Fact]
    public async Task Large_bodies_stream_in_both_directions_without_buffering()
    {
        const long size = 256L << 20;
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            var taken = 0L;
            var part = new byte[128 * 1024];
            while (await context.Request.Body.ReadAsync(part) is > 0 and var read)
            {
                taken += read;
            }

            for (context.Response.ContentLength = taken; taken > 0; taken -= part.Length)
            {
                await context.Response.Body.WriteAsync(part.AsMemory(0, (int)Math.Min(taken, part.Length)));
            }
        });
        await using var proxy = await ProxyProcess.StartAsync(_volume.Path, upstream.Url, "--Limits:BodyBytes=0");
        using var client = RunningProxy.Client(HttpVersion.Version20);
        client.Timeout = TimeSpan.FromMinutes(5);
        using var content = new ZerosContent(size);
        using var response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Post, proxy.Url) { Content = content, Version = HttpVersion.Version20 }, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[128 * 1024];
        var received = 0L;
        while (await body.ReadAsync(buffer) is > 0 and var read)
        {
            received += read;
        }

        Assert.Equal(size, received);
        var resident = File.ReadLines($"/proc/{proxy.Pid}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        var megabytes = long.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) / 1024;
        Assert.InRange(megabytes, 1, 200);
    }

    [Fact]
    public async Task WebSocket_is_forwarded_in_both_directions_and_closed()
    {
        await using var upstream = await TestUpstream.StartAsync(EchoWebSocketAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, server, _, _) => server is not null;

        await socket.ConnectAsync(new Uri($"wss://localhost:{proxy.Port}/"), CancellationToken.None);
        for (var i = 0; i < 3; i++)
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes($"hello {i}"), WebSocketMessageType.Text, true, CancellationToken.None);
            var buffer = new byte[64];
            var received = await socket.ReceiveAsync(buffer, CancellationToken.None);
            Assert.Equal($"hello {i}", Encoding.ASCII.GetString(buffer, 0, received.Count));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    /// <summary>
    /// An extended CONNECT (RFC 8441) to the proxy, and an HTTP/1.1 upgrade to the application; the body limit does not apply.
    /// </summary>
    [Fact]
    public async Task WebSocket_over_HTTP_2_is_forwarded_in_both_directions_and_closed()
    {
        await using var upstream = await TestUpstream.StartAsync(EchoWebSocketAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Limits:BodyBytes=100"]);
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, server, _, _) => server is not null;
        using var client = new HttpMessageInvoker(handler);
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.CollectHttpResponseDetails = true;

        await socket.ConnectAsync(new Uri($"wss://localhost:{proxy.Port}/"), client, CancellationToken.None);
        Assert.Equal(HttpStatusCode.OK, socket.HttpStatusCode);
        for (var i = 0; i < 30; i++)
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes($"hello {i}"), WebSocketMessageType.Text, true, CancellationToken.None);
            var buffer = new byte[64];
            var received = await socket.ReceiveAsync(buffer, CancellationToken.None);
            Assert.Equal($"hello {i}", Encoding.ASCII.GetString(buffer, 0, received.Count));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Idle_WebSocket_is_closed_and_logged_with_its_bytes(string version)
    {
        await using var upstream = await TestUpstream.StartAsync(EchoWebSocketAsync);
        await using var proxy = await ProxyProcess.StartAsync(_volume.Path, upstream.Url, "--Upstream:TimeoutSeconds=2");
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, server, _, _) => server is not null;
        using var client = new HttpMessageInvoker(handler);
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await socket.ConnectAsync(new Uri($"wss://localhost:{proxy.Url.Port}/"), client, CancellationToken.None);
        var message = new byte[50];
        await socket.SendAsync(message, WebSocketMessageType.Binary, true, CancellationToken.None);
        await socket.ReceiveAsync(message, CancellationToken.None);

        await Assert.ThrowsAnyAsync<Exception>(() => socket.ReceiveAsync(message, CancellationToken.None));

        string? line = null;
        await Eventually.AssertAsync(
            () => (line = proxy.Output.FirstOrDefault(l => l.Contains("\"event\":\"request\"", StringComparison.Ordinal))) is not null, "the line");
        Assert.Contains("\"error\":\"tunnel_idle\"", line, StringComparison.Ordinal);

        // The echoed message and its header of two bytes (RFC 6455, section 5.2).
        Assert.Contains("\"bytes\":52,", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Grpc_call_streams_in_both_directions_and_ends_with_its_trailers()
    {
        await using var upstream = await TestUpstream.StartAsync(
            context =>
            {
                Assert.Equal("HTTP/2", context.Request.Protocol);
                Assert.Equal("trailers", context.Request.Headers.TE);
                return EchoMessagesAsync(context);
            },
            h2c: true);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Upstream:Protocol=h2c"]);
        using var client = RunningProxy.Client(HttpVersion.Version20);
        using var content = new PushedContent();
        using var request = Call(proxy, content);
        content.Push("\0\0\0\0\u0001a"u8);

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var messages = await response.Content.ReadAsStreamAsync();
        var message = new byte[6];
        await messages.ReadExactlyAsync(message);
        Assert.Equal((byte)'a', message[5]);
        content.Push("\0\0\0\0\u0001b"u8);
        await messages.ReadExactlyAsync(message);
        Assert.Equal((byte)'b', message[5]);
        content.End();
        Assert.Equal(0, await messages.ReadAsync(message));

        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
        Assert.Equal("well", Assert.Single(response.TrailingHeaders.GetValues("grpc-message")));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Grpc_call_over_the_body_limit_is_413_or_aborted(bool routes, bool answersFirst)
    {
        const int limit = 100_000;
        var taken = 0L;
        await using var upstream = await TestUpstream.StartAsync(
            async context =>
            {
                if (answersFirst)
                {
                    await context.Response.WriteAsync("begun");
                }

                var buffer = new byte[16 * 1024];
                while (await context.Request.Body.ReadAsync(buffer) is > 0 and var read)
                {
                    taken += read;
                }
            },
            h2c: true);
        using var file = new RouteFile();
        await using var proxy = await StartH2cAsync(upstream, routes ? file : null, $"--Limits:BodyBytes={limit}");
        using var client = RunningProxy.Client(HttpVersion.Version20);
        using var content = new PushedContent();
        using var request = Call(proxy, content);
        content.Push(new byte[limit / 10]);

        // The call has no end; only the limit can stop it.
        if (answersFirst)
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            PushRest();
            await Assert.ThrowsAnyAsync<Exception>(
                async () => await response.Content.ReadAsByteArrayAsync().WaitAsync(TimeSpan.FromSeconds(30)));
        }
        else
        {
            PushRest();
            using var response = await client.SendAsync(request).WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        }

        Assert.InRange(taken, 0, limit);

        void PushRest()
        {
            for (var pushed = 0; pushed < 10 * limit; pushed += limit / 10)
            {
                content.Push(new byte[limit / 10]);
            }
        }
    }

    [Theory]
    [InlineData("200000", HttpStatusCode.OK)]
    [InlineData("-1", HttpStatusCode.OK)]
    [InlineData("50000", HttpStatusCode.RequestEntityTooLarge)]
    public async Task Route_body_limit_applies_to_streamed_requests(string limit, HttpStatusCode status)
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Request.Body.CopyToAsync(Stream.Null), h2c: true);
        using var file = new RouteFile();
        await using var proxy = await StartH2cAsync(
            upstream, file, "--Limits:BodyBytes=75000", $"--ReverseProxy:Routes:all:MaxRequestBodySize={limit}");
        using var client = RunningProxy.Client(HttpVersion.Version20);
        using var content = new PushedContent();
        using var request = Call(proxy, content);
        content.Push(new byte[100_000]);
        content.End();

        using var response = await client.SendAsync(request);
        using var declared = await client.PostAsync(proxy.Url, new ByteArrayContent(new byte[100_000]));

        Assert.Equal(status, response.StatusCode);
        Assert.Equal(status, declared.StatusCode);
    }

    /// <summary>Kestrel applies the minimum rate after five seconds, so this test takes longer.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Grpc_call_may_pause_longer_than_the_minimum_rate_allows(bool routes)
    {
        await using var upstream = await TestUpstream.StartAsync(EchoMessagesAsync, h2c: true);
        using var file = new RouteFile();
        await using var proxy = await StartH2cAsync(upstream, routes ? file : null, "--Limits:MinimumBytesPerSecond=1000000");
        using var client = RunningProxy.Client(HttpVersion.Version20);
        using var content = new PushedContent();
        using var request = Call(proxy, content);
        content.Push("\0\0\0\0\u0001a"u8);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var messages = await response.Content.ReadAsStreamAsync();
        var message = new byte[6];
        await messages.ReadExactlyAsync(message);

        using (var pause = new PeriodicTimer(TimeSpan.FromSeconds(8)))
        {
            await pause.WaitForNextTickAsync();
        }

        content.Push("\0\0\0\0\u0001b"u8);
        await messages.ReadExactlyAsync(message);
        Assert.Equal((byte)'b', message[5]);
        content.End();
        Assert.Equal(0, await messages.ReadAsync(message));
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
    }

    private Task<RunningProxy> StartH2cAsync(TestUpstream upstream, RouteFile? routes, params string[] args)
    {
        if (routes is null)
        {
            return RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Upstream:Protocol=h2c", .. args]);
        }

        File.WriteAllText(routes.Path, $$$"""
            { "ReverseProxy": {
                "Routes": { "all": { "ClusterId": "app", "Match": { "Path": "{**rest}" } } },
                "Clusters": { "app": {
                  "HttpRequest": { "Version": "2", "VersionPolicy": "RequestVersionExact" },
                  "Destinations": { "d": { "Address": "{{{upstream.Url}}}" } } } } } }
            """);
        return routes.StartAsync(_volume.Path, args);
    }

    /// <summary>A call like that of a gRPC client.</summary>
    private static HttpRequestMessage Call(RunningProxy proxy, HttpContent content)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        return new HttpRequestMessage(HttpMethod.Post, new Uri(proxy.Url, "/package.Service/Method"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
            Headers = { TE = { new TransferCodingWithQualityHeaderValue("trailers") } },
        };
    }

    /// <summary>Echoes each message.</summary>
    private static async Task EchoMessagesAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.StartAsync();
        var buffer = new byte[64];
        while (await context.Request.Body.ReadAsync(buffer) is > 0 and var read)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read));
        }

        context.Response.AppendTrailer("grpc-status", "0");
        context.Response.AppendTrailer("grpc-message", "well");
    }

    private static async Task EchoWebSocketAsync(HttpContext context)
    {
        var upgrade = context.Features.GetRequiredFeature<IHttpUpgradeFeature>();
        Assert.True(upgrade.IsUpgradableRequest);
        var key = context.Request.Headers.SecWebSocketKey + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.Connection = "Upgrade";
#pragma warning disable CA5350 // RFC 6455, section 1.3 says SHA-1.
        context.Response.Headers.SecWebSocketAccept = Convert.ToBase64String(
            System.Security.Cryptography.SHA1.HashData(Encoding.ASCII.GetBytes(key)));
#pragma warning restore CA5350
        await using var stream = await upgrade.UpgradeAsync();
        using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
        var buffer = new byte[64];
        while (await socket.ReceiveAsync(buffer, CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } received)
        {
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, CancellationToken.None);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None);
    }

    /// <summary>A body whose parts are sent when they are pushed.</summary>
    private sealed class PushedContent : HttpContent
    {
        private readonly Channel<byte[]> _parts = Channel.CreateUnbounded<byte[]>();

        public void Push(ReadOnlySpan<byte> part) => _parts.Writer.TryWrite(part.ToArray());

        public void End() => _parts.Writer.Complete();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await foreach (var part in _parts.Reader.ReadAllAsync())
            {
                await stream.WriteAsync(part);
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class ZerosContent(long size) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var buffer = new byte[128 * 1024];
            for (var left = size; left > 0; left -= buffer.Length)
            {
                await stream.WriteAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = size;
            return true;
        }
    }
}
