using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Floods;

/// <summary>The proxy as a separate process, so that its memory and handles can be measured.</summary>
public sealed class FloodedProxy : IAsyncLifetime, IDisposable
{
    /// <summary>Tolerance for pooled connections to the application.</summary>
    private const int HandleTolerance = 64;

    private readonly CertificateAuthority _authority = new();
    private MountedVolume _volume = null!;
    private TestUpstream _upstream = null!;
    private ProxyProcess _proxy = null!;
    private int _baseHandles;

    internal Uri Url => _proxy.Url;

    internal int Port => _proxy.Port;

    internal int ResidentMegabytes => Status("VmRSS:") / 1024;

    public async Task InitializeAsync()
    {
        _volume = new MountedVolume(_authority.IssueCertificate().SecretFiles);
        _upstream = await TestUpstream.StartAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync("done");
        });
        _proxy = await ProxyProcess.StartAsync(
            _volume.Path, _upstream.Url, "--AccessLog:Enabled=false", "--Limits:HeaderTimeoutSeconds=3", "--Limits:MinimumBytesPerSecond=1000", "--Tls:HandshakeTimeoutSeconds=5");

        // Warm up threads, pools and compiled code before counting.
        await using (var clients = new NormalClients(Url))
        {
            await clients.WaitForServedAsync(200);
            await clients.StopAsync();
        }

        await Eventually.AssertAsync(async () => await ConnectionsAsync() == 0, "no connection is left");
        _baseHandles = Handles;
    }

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    public void Dispose() => _volume.Dispose();

    /// <summary>Waits until connections and handles are back at their initial numbers.</summary>
    internal async Task WaitForInitialStateAsync()
    {
        await Eventually.AssertAsync(async () => await ConnectionsAsync() == 0, "no connection is left");
        await Eventually.AssertAsync(() => Handles <= _baseHandles + HandleTolerance, $"handles are back at {_baseHandles}");
    }

    internal async Task<double> MetricAsync(string series)
    {
        using var client = new HttpClient();
        var line = (await client.GetStringAsync(new Uri(_proxy.Management, "/metrics"))).Split('\n').FirstOrDefault(
            l => l.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    internal Task<double> ConnectionsAsync() => MetricAsync("tls_proxy_connections");

    internal async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Port);
        return socket;
    }

    internal async Task<SslStream> ConnectTlsAsync(string alpn = "http/1.1")
    {
        var stream = new SslStream(new NetworkStream(await ConnectAsync(), ownsSocket: true));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [new SslApplicationProtocol(alpn)],
            RemoteCertificateValidationCallback = (_, server, _, _) => server is not null,
        });
        return stream;
    }

    private int Handles => Directory.GetFileSystemEntries($"/proc/{_proxy.Pid}/fd").Length;

    private int Status(string key)
    {
        var line = File.ReadLines($"/proc/{_proxy.Pid}/status").First(l => l.StartsWith(key, StringComparison.Ordinal));
        return int.Parse(line.AsSpan(key.Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture);
    }
}
