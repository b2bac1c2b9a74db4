using System.Text;
using Microsoft.AspNetCore.Http;
using TlsProxy.Tests.Smuggling;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Forwarding;

/// <summary>Header values and request lines that differ between servers, on both upstream paths and through routes.</summary>
public sealed class HeaderValueTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);
    private readonly RouteFile _routes = new();

    public void Dispose()
    {
        _volume.Dispose();
        _routes.Dispose();
    }

    [Theory]
    [InlineData("direct")]
    [InlineData("routes")]
    [InlineData("upgrade")]
    public async Task Header_value_bytes_pass_unchanged_in_both_directions(string path)
    {
        await using var upstream = ScriptedUpstream.RespondingWith(
            "HTTP/1.1 200 OK\r\nX-Latin: caf\xe9 \x80\xff\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", closes: true);
        await using var proxy = await StartProxyAsync(path, upstream.Url);
        await using var stream = await proxy.ConnectTlsAsync();

        var upgrade = path == "upgrade" ? "Upgrade: websocket\r\nConnection: Upgrade\r\n" : "";
        await stream.WriteAsync(Encoding.Latin1.GetBytes(
            $"GET / HTTP/1.1\r\nHost: localhost\r\n{upgrade}X-Latin: caf\xe9 \x80\xff\r\nX-Utf8: caf\xc3\xa9\r\n\r\n"));
        var response = await ReadHeadAsync(stream);

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", response, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Latin: caf\xe9 \x80\xff\r\n", response, StringComparison.Ordinal);
        var request = Assert.Single(upstream.Requests);
        Assert.Contains("\r\nX-Latin: caf\xe9 \x80\xff\r\n", request, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Utf8: caf\xc3\xa9\r\n", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task API_key_and_identity_outside_ASCII_work_as_UTF_8()
    {
        using var directory = new TemporaryDirectory();
        var keys = Path.Combine(directory.Path, "keys");
        File.WriteAllText(keys, "J\u00fcrgen schl\u00fcssel-0123456789-0123456789\n");
        await using var upstream = ScriptedUpstream.RespondingWith("HTTP/1.1 204 No Content\r\n\r\n");
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Path, upstream.Url, [$"--Upstream:Metadata:ApiKey.File={keys}"]);
        await using var stream = await proxy.ConnectTlsAsync();

        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            "GET / HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: schl\u00fcssel-0123456789-0123456789\r\n\r\n"));

        Assert.StartsWith("HTTP/1.1 204 ", await ReadHeadAsync(stream), StringComparison.Ordinal);
        Assert.Contains("\r\nX-Forwarded-User: J\xc3\xbcrgen\r\n", Assert.Single(upstream.Requests), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-A: a\u0001b")]
    [InlineData("X-A: a\u001fb")]
    [InlineData("X-A: a\u007fb")]
    [InlineData("X-A: \u001b[31m")]
    [InlineData("User-Agent: a\bb")]
    [InlineData("Content-Length: +6")]
    [InlineData("Content-Length: -0")]
    [InlineData("Content-Length: 0x6")]
    [InlineData("Content-Length: 6 6")]
    [InlineData("Content-Length: 6,6")]
    [InlineData("Content-Length: 000000000000000000000000000006")]
    [InlineData("Content-Length: 99999999999999999999")]
    [InlineData("Content-Length:")]
    public async Task Ambiguous_header_value_is_rejected_over_HTTP_1_and_HTTP_2(string header)
    {
        await using var upstream = ScriptedUpstream.RespondingWith("HTTP/1.1 204 No Content\r\n\r\n");
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        await using var stream = await proxy.ConnectTlsAsync();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"POST / HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\nabcdef"));
        var separator = header.IndexOf(':', StringComparison.Ordinal);
        await using var http2 = await proxy.ConnectTlsAsync(alpn: "h2");

        Assert.StartsWith("HTTP/1.1 400 ", await ReadHeadAsync(stream), StringComparison.Ordinal);
        var status = await RawHttp2.RequestAsync(
            http2,
            [
                ":method=POST", ":path=/", ":scheme=https", ":authority=localhost",
                $"{header[..separator].ToLowerInvariant()}={header[(separator + 1)..].Trim(' ')}",
            ]);

        // 0: Kestrel resets a stream with an invalid header itself.
        Assert.Contains(status, new[] { 0, 400 });
        Assert.Empty(upstream.Requests);
    }

    [Theory]
    [InlineData("Content-Length: 6")]
    [InlineData("Content-Length: 06")]
    [InlineData("Content-Length:\t6\t")]
    [InlineData("X-A: a\tb\r\nContent-Length: 6")]
    public async Task Valid_length_and_tab_in_a_value_are_accepted(string headers)
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        await using var stream = await proxy.ConnectTlsAsync();

        await stream.WriteAsync(Encoding.Latin1.GetBytes(
            $"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n\r\nabcdef"));
        var response = await Raw.ReadToEndAsync(stream);

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", response, StringComparison.Ordinal);
        Assert.Contains("\n\nabcdef", response, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-A: a\u0001b")]
    [InlineData("X-A: a\u007fb")]
    public async Task Response_with_a_control_character_in_a_value_is_502(string header)
    {
        foreach (var path in new[] { "direct", "routes" })
        {
            await using var upstream = ScriptedUpstream.RespondingWith($"HTTP/1.1 200 OK\r\n{header}\r\nContent-Length: 0\r\n\r\n");
            await using var proxy = await StartProxyAsync(path, upstream.Url);
            using var client = RunningProxy.Client();

            using var response = await client.GetAsync(proxy.Url);

            Assert.Equal(StatusCodes.Status502BadGateway, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task OPTIONS_for_the_server_keeps_its_asterisk()
    {
        await using var upstream = ScriptedUpstream.RespondingWith("HTTP/1.1 204 No Content\r\nAllow: GET\r\n\r\n");
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, new Uri(upstream.Url, "/base/"));
        await using var stream = await proxy.ConnectTlsAsync();
        await using var http2 = await proxy.ConnectTlsAsync(alpn: "h2");

        await stream.WriteAsync("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 204 ", await ReadHeadAsync(stream), StringComparison.Ordinal);
        Assert.Equal(204, await RawHttp2.RequestAsync(http2, [":method=OPTIONS", ":path=*", ":scheme=https", ":authority=localhost"]));

        Assert.All(upstream.Requests, request => Assert.StartsWith("OPTIONS * HTTP/1.1\r\n", request, StringComparison.Ordinal));
        Assert.Equal(2, upstream.Requests.Count);
    }

    [Fact]
    public async Task Extended_CONNECT_with_an_unknown_protocol_is_501()
    {
        await using var upstream = ScriptedUpstream.RespondingWith("HTTP/1.1 204 No Content\r\n\r\n");
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        await using var http2 = await proxy.ConnectTlsAsync(alpn: "h2");

        var status = await RawHttp2.RequestAsync(
            http2, [":method=CONNECT", ":protocol=connect-udp", ":path=/", ":scheme=https", ":authority=localhost"]);

        Assert.Equal(StatusCodes.Status501NotImplemented, status);
        Assert.Empty(upstream.Requests);
        Assert.Equal(1, await proxy.MetricAsync("tls_proxy_requests_refused_total{reason=\"unknown_protocol\"}"));
    }

    private static async Task<string> ReadHeadAsync(Stream stream)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal)
            && await stream.ReadAsync(buffer, deadline.Token) is > 0 and var read)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    private Task<RunningProxy> StartProxyAsync(string path, Uri application)
    {
        if (path != "routes")
        {
            return RunningProxy.StartAsync(_volume.Path, application);
        }

        _routes.Write(metadata: null, ("app", [application]));
        return _routes.StartAsync(_volume.Path);
    }
}
