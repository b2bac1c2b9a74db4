using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using TlsProxy.Listeners;

namespace TlsProxy.Tests.Support;

/// <summary>The complete proxy in this process, on free ports.</summary>
internal sealed class RunningProxy : IAsyncDisposable
{
    private readonly ContainerApplication _app;

    private RunningProxy(ContainerApplication app) => _app = app;

    public int Port { get; private set; }

    public int HttpPort { get; private set; }

    public Uri Url => new($"https://localhost:{Port}");

    public Uri Management { get; private set; } = null!;

    public IServiceProvider Services => _app.Services;

    public static async Task<RunningProxy> StartAsync(
        string directory, Uri upstream, string[]? args = null, Action<ContainerApplicationBuilder<TlsProxyOptions>>? adjust = null)
    {
        string[] all =
        [
            "--Https:Port=0", "--Http:Port=0", "--Management:Port=0", "--Listen:Address=localhost", "--Tls:PollSeconds=1",
            $"--Tls:Directory={directory}", $"--Upstream:Url={upstream}", "--Logging:LogLevel:Default=Warning", "--AccessLog:Enabled=false", .. args ?? [],
        ];
        var app = ProxyApplication.CreateApplication(all, adjust);
        try
        {
            await app.Web.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        var ports = app.Services.GetRequiredService<BoundPorts>();
        return new RunningProxy(app)
        {
            Port = ports.Https,
            HttpPort = ports.Http,
            Management = new Uri($"http://localhost:{app.ManagementPort}"),
        };
    }

    /// <summary>A client with its own connection pool.</summary>
    public static HttpClient Client(Version? version = null, X509Certificate2? certificate = null, SslProtocols protocols = SslProtocols.None, Action<X509Certificate2>? onServerCertificate = null)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(30) };
        handler.SslOptions.EnabledSslProtocols = protocols;
        handler.SslOptions.RemoteCertificateValidationCallback = (_, server, _, _) =>
        {
            if (server is X509Certificate2 seen)
            {
                onServerCertificate?.Invoke(seen);
            }

            return server is not null;
        };
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
        }

        return new HttpClient(handler)
        {
            DefaultRequestVersion = version ?? HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    public Task<Socket> ConnectAsync(int? port = null) => ConnectToAsync(port ?? Port);

    /// <summary>A TLS connection for raw bytes.</summary>
    public Task<SslStream> ConnectTlsAsync(
        string serverName = "localhost", string alpn = "http/1.1", SslProtocols protocols = SslProtocols.None) =>
        ConnectTlsAsync(Port, serverName, alpn, protocols);

    /// <summary>A TLS connection to any local port.</summary>
    public static async Task<SslStream> ConnectTlsAsync(
        int port, string serverName = "localhost", string alpn = "http/1.1", SslProtocols protocols = SslProtocols.None)
    {
        var stream = new SslStream(new NetworkStream(await ConnectToAsync(port), ownsSocket: true));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = serverName,
            EnabledSslProtocols = protocols,
            ApplicationProtocols = [new SslApplicationProtocol(alpn)],
            RemoteCertificateValidationCallback = (_, server, _, _) => server is not null,
        });
        return stream;
    }

    /// <summary>The serial number of the certificate on a new connection.</summary>
    public async Task<string> SerialAsync(string serverName = "localhost")
    {
        await using var stream = await ConnectTlsAsync(serverName);
        return ((X509Certificate2)stream.RemoteCertificate!).SerialNumber;
    }

    public async Task<string> MetricsAsync()
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri(Management, "/metrics"));
    }

    /// <summary>The value of a series; 0 while it does not exist.</summary>
    public async Task<double> MetricAsync(string series)
    {
        var line = (await MetricsAsync()).Split('\n').FirstOrDefault(l => l.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    public async Task<JsonElement> StatusAsync()
    {
        using var client = new HttpClient();
        using var document = JsonDocument.Parse(await client.GetStringAsync(new Uri(Management, "/statusz")));
        return document.RootElement.Clone();
    }

    private static async Task<Socket> ConnectToAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await _app.Web.StopAsync(soon.Token);
        }
        catch (OperationCanceledException)
        {
        }

        await _app.DisposeAsync();
    }
}
