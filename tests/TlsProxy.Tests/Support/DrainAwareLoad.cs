using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace TlsProxy.Tests.Support;

/// <summary>
/// Load from clients that behave like a load balancer: they reuse a connection until the response contains
/// <c>Connection: close</c> or the connection receives a GOAWAY, then open a new one, and stop when none can be opened.
/// </summary>
internal sealed class DrainAwareLoad(Uri url)
{
    /// <summary>The pause between two requests of a client: short enough for constant load, long enough for other processes.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private int _served;
    private long _firstFailedConnection = long.MaxValue;

    public int Served => Volatile.Read(ref _served);

    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>Timestamp of the first failed connection.</summary>
    public long FirstFailedConnection => Interlocked.Read(ref _firstFailedConnection);

    public Task RunAsync(int http1, int http2) => Task.WhenAll(
        [.. Enumerable.Range(0, http1).Select(_ => Task.Run(Http1Async)), .. Enumerable.Range(0, http2).Select(_ => Task.Run(Http2Async))]);

    private async Task Http1Async()
    {
        var request = Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: localhost:{url.Port}\r\n\r\n");
        using var pace = new PeriodicTimer(Pause);
        while (await ConnectAsync() is { } stream)
        {
            await using var _ = stream;
            try
            {
                for (var closes = false; !closes;)
                {
                    await pace.WaitForNextTickAsync();
                    await stream.WriteAsync(request);
                    var answer = await ReadResponseAsync(stream);
                    if (!answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
                    {
                        Failures.Enqueue("http/1.1: " + (answer.Length == 0 ? "closed without an answer" : answer.Split('\r')[0]));
                        break;
                    }

                    Interlocked.Increment(ref _served);
                    closes = answer.Contains("Connection: close", StringComparison.OrdinalIgnoreCase);
                }
            }
            catch (IOException exception)
            {
                Failures.Enqueue("http/1.1: " + exception.Message);
            }
        }
    }

    /// <summary>HttpClient respects GOAWAY: it sends unprocessed requests again.</summary>
    private async Task Http2Async()
    {
        using var client = RunningProxy.Client(HttpVersion.Version20);
        using var pace = new PeriodicTimer(Pause);
        while (await pace.WaitForNextTickAsync())
        {
            try
            {
                using var response = await client.GetAsync(url);
                if (response.StatusCode != HttpStatusCode.OK)
                {
                    Failures.Enqueue($"h2: {response.StatusCode}");
                }

                Interlocked.Increment(ref _served);
            }
            catch (HttpRequestException exception)
                when (exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError)
            {
                RecordFailedConnection();
                return;
            }
            catch (HttpRequestException exception)
            {
                Failures.Enqueue($"h2: {exception.HttpRequestError} {exception.Message} {exception.InnerException?.Message}");
                return;
            }
        }
    }

    private async Task<SslStream?> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, url.Port);
            var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = (_, server, _, _) => server is not null,
            });
            return stream;
        }
        catch (Exception exception)
            when (exception is SocketException or IOException or System.Security.Authentication.AuthenticationException)
        {
            // Without a connection, no request can be lost.
            socket.Dispose();
            RecordFailedConnection();
            return null;
        }
    }

    private void RecordFailedConnection() => Interlocked.CompareExchange(
        ref _firstFailedConnection, Stopwatch.GetTimestamp(), long.MaxValue);

    private static async Task<string> ReadResponseAsync(Stream stream)
    {
        var buffer = new byte[4096];
        var used = 0;
        while (used < buffer.Length)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(used));
            if (read == 0)
            {
                return "";
            }

            used += read;
            var text = Encoding.Latin1.GetString(buffer, 0, used);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
            {
                continue;
            }

            // The response body of the application has four bytes, chunked or not.
            if (text.EndsWith("0\r\n\r\n", StringComparison.Ordinal) || (text.Contains("Content-Length", StringComparison.OrdinalIgnoreCase)
                && text.Length > end + 4))
            {
                return text;
            }
        }

        return "";
    }
}
