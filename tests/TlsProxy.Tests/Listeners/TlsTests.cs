using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using TlsProxy.Listeners;
using TlsProxy.Tests.Support;
using Xunit.Abstractions;

namespace TlsProxy.Tests.Listeners;

public sealed class TlsTests(ITestOutputHelper output) : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);

    public void Dispose() => _volume.Dispose();

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Both_TLS_versions_use_ephemeral_keys_and_authenticated_ciphers(SslProtocols protocol)
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);

        await using var stream = await proxy.ConnectTlsAsync(protocols: protocol, alpn: "h2");

        Assert.Equal(protocol, stream.SslProtocol);
        Assert.Matches("GCM|POLY1305", stream.NegotiatedCipherSuite.ToString());
        Assert.Equal(SslApplicationProtocol.Http2, stream.NegotiatedApplicationProtocol);
        var version = protocol == SslProtocols.Tls12 ? "1.2" : "1.3";
        await Eventually.AssertAsync(async () => await proxy.MetricAsync($"tls_proxy_handshakes_total{{outcome=\"ok\",version=\"{version}\"}}") == 1, "the handshake counts");
    }

    [Fact]
    public async Task TLS_1_3_client_resumes_its_session()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);

        var session = Path.GetTempFileName();
        var first = await OpenSsl.ClientAsync(
            proxy.Port, $"-tls1_3 -sess_out {session}", "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        var second = await OpenSsl.ClientAsync(
            proxy.Port, $"-tls1_3 -sess_in {session}", "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Assert.Contains("New, TLSv1.3", first, StringComparison.Ordinal);
        Assert.Contains("Reused, TLSv1.3", second, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1")]
    [InlineData("-tls1_1")]
    [InlineData("-tls1_2 -cipher AES128-SHA")]
    [InlineData("-tls1_2 -cipher AES128-GCM-SHA256")]
    [InlineData("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA")]
    [InlineData("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256")]
    [InlineData("-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA384")]
    [InlineData("-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256")]
    [InlineData("-tls1_2 -cipher aNULL")]
    [InlineData("-tls1_2 -cipher eNULL")]
    public async Task Old_versions_and_weak_ciphers_are_rejected(string options)
    {
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, new Uri("http://127.0.0.1:1"));

        var output = await OpenSsl.ClientAsync(proxy.Port, options + (options.Contains("-cipher", StringComparison.Ordinal) ? ":@SECLEVEL=0" : " -cipher DEFAULT:@SECLEVEL=0"), "");

        Assert.Contains("Cipher is (NONE)", output, StringComparison.Ordinal);
        Assert.Contains("alert", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_renegotiation_and_compression_are_disabled()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);

        // openssl renegotiates when a line starts with R.
        var output = await OpenSsl.ClientAsync(proxy.Port, "-tls1_2", "R\n", quietOnEnd: false);

        Assert.Contains("Compression: NONE", output, StringComparison.Ordinal);
        Assert.Contains("RENEGOTIATING", output, StringComparison.Ordinal);
        Assert.Matches("no renegotiation|:error:|closed|unexpected eof|write:errno", output);
        Assert.DoesNotContain("HTTP/1.1 200", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_HTTP_on_the_TLS_port_receives_a_readable_400()
    {
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, new Uri("http://127.0.0.1:1"));
        using var socket = await proxy.ConnectAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));

        var answer = await Raw.ReadToEndAsync(socket);

        Assert.StartsWith("HTTP/1.1 400 Bad Request\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("https://", answer, StringComparison.Ordinal);
        Assert.Equal(1, await proxy.MetricAsync("tls_proxy_not_tls_total"));
    }

    [Fact]
    public async Task TLS_on_the_plain_port_is_rejected_immediately()
    {
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, new Uri("http://127.0.0.1:1"));
        await using var stream = new SslStream(new NetworkStream(await proxy.ConnectAsync(proxy.HttpPort), ownsSocket: true));

        await Assert.ThrowsAnyAsync<Exception>(() => stream.AuthenticateAsClientAsync("localhost"));
    }

    [Theory]
    [InlineData("\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007")]
    [InlineData("\u0016\u0003\u0001\0\0")]
    [InlineData("\u0016\u0003\u0001\u0040\u0001")]
    [InlineData("\u0080\u002e\u0001\u0003\u0001")]
    [InlineData("\u0016\u0003\u0001\0\u0004\u0001\0\0\u0063")]
    public async Task Garbage_closes_its_connection_and_other_clients_are_served(string garbage)
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Tls:HandshakeTimeoutSeconds=1"]);
        using var socket = await proxy.ConnectAsync();
        await socket.SendAsync(Encoding.Latin1.GetBytes(garbage));

        Assert.DoesNotContain("HTTP", await Raw.ReadToEndAsync(socket), StringComparison.Ordinal);

        using var client = RunningProxy.Client();
        Assert.StartsWith("GET /", await client.GetStringAsync(proxy.Url), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task Incomplete_handshake_times_out(int bytesSent)
    {
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Path, new Uri("http://127.0.0.1:1"), ["--Tls:HandshakeTimeoutSeconds=1"]);
        using var socket = await proxy.ConnectAsync();
        byte[] hello = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, .. new byte[200]];
        await socket.SendAsync(hello.AsMemory(0, bytesSent));

        await Raw.ReadToEndAsync(socket);

        await Eventually.AssertAsync(async () => await proxy.MetricAsync("tls_proxy_handshakes_total{outcome=\"timeout\",version=\"none\"}") == 1, "the time-out counts");
        await Eventually.AssertAsync(async () => await proxy.MetricAsync("tls_proxy_connections") == 0, "the connection is gone");
    }

    [Fact]
    public void ClientHello_parser_survives_every_truncation_and_flipped_byte()
    {
        var hello = CreateClientHello();
        Assert.True(ClientHello.OffersTls13(hello));
        for (var length = 0; length < hello.Length; length++)
        {
            ClientHello.OffersTls13(hello.AsSpan(0, length));
        }

        var random = RandomSource.Create(output);
        for (var i = 0; i < 100_000; i++)
        {
            var copy = (byte[])hello.Clone();
            copy[random.Next(copy.Length)] = (byte)random.Next(256);
            copy[random.Next(copy.Length)] = (byte)random.Next(256);
            ClientHello.OffersTls13(copy);
        }
    }

    [Fact]
    public void Truncated_ClientHello_never_denies_TLS_1_3()
    {
        var hello = CreateClientHello();
        for (var length = 0; length < hello.Length; length++)
        {
            Assert.NotEqual(false, ClientHello.OffersTls13(hello.AsSpan(0, length)));
        }

        // Bytes after supported_versions may be missing.
        Assert.True(ClientHello.OffersTls13([hello[0], 0, 0, (byte)(hello[3] + 100), .. hello.AsSpan(4)]));
    }

    [Fact]
    public void Complete_ClientHello_without_TLS_1_3_is_recognized()
    {
        byte[] start = [0x03, 0x03, .. new byte[32], 0x00, 0x00, 0x02, 0xc0, 0x2b, 0x01, 0x00];
        byte[] extension = [0x00, 0x17, 0x00, 0x00];

        Assert.False(ClientHello.OffersTls13([0x01, 0x00, 0x00, (byte)start.Length, .. start]));
        Assert.False(ClientHello.OffersTls13([0x01, 0x00, 0x00, (byte)(start.Length + 6), .. start, 0x00, 0x04, .. extension]));
        Assert.False(ClientHello.OffersTls13(
            [0x01, 0x00, 0x00, (byte)(start.Length + 9), .. start, 0x00, 0x07, 0x00, 0x2b, 0x00, 0x03, 0x02, 0x03, 0x03]));
        Assert.Null(ClientHello.OffersTls13([0x01, 0x00, 0x00, (byte)(start.Length + 10), .. start, 0x00, 0x08, .. extension]));
    }

    public static TheoryData<SslProtocols, SslProtocols, int> Fragments
    {
        get
        {
            var all = new TheoryData<SslProtocols, SslProtocols, int>();
            foreach (var length in new[] { 1, 4, 40, 100, -1 })
            {
                all.Add(SslProtocols.Tls13, SslProtocols.Tls13, length);
                all.Add(SslProtocols.Tls12 | SslProtocols.Tls13, SslProtocols.Tls13, length);
                all.Add(SslProtocols.Tls12, SslProtocols.Tls12, length);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Fragments))]
    public async Task ClientHello_in_two_records_negotiates_the_newest_offered_version(
        SslProtocols offered, SslProtocols expected, int firstRecord)
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        await using var stream = new SslStream(
            new SplitHelloStream(new NetworkStream(await proxy.ConnectAsync(), ownsSocket: true), firstRecord));

        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = offered,
            RemoteCertificateValidationCallback = (_, server, _, _) => server is not null,
        });
        await stream.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));

        Assert.StartsWith("HTTP/1.1 200", await Raw.ReadToEndAsync(stream), StringComparison.Ordinal);
        Assert.Equal(expected, stream.SslProtocol);
        Assert.Matches("GCM|POLY1305", stream.NegotiatedCipherSuite.ToString());
    }

    private static byte[] CreateClientHello()
    {
        byte[] supportedVersions = [0x00, 0x2b, 0x00, 0x05, 0x04, 0x03, 0x04, 0x03, 0x03];
        byte[] other = [0x00, 0x17, 0x00, 0x00];
        byte[] body = [0x03, 0x03, .. new byte[32], 0x00, 0x00, 0x02, 0x13, 0x01, 0x01, 0x00, 0x00, (byte)(supportedVersions.Length + other.Length), .. other, .. supportedVersions];
        return [0x01, 0x00, 0x00, (byte)body.Length, .. body];
    }
}
