using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace TlsProxy.Tests.Support;

/// <summary>
/// Load from clients that behave as a load balancer does: each request on the connection until the answer says
/// <c>Connection: close</c> or the connection gets a GOAWAY; after that a new connection, and once none can be had, the end.
/// </summary>
internal sealed class PoliteLoad(Uri url)
{
    /// <summary>Between two requests of a client: enough are on their way at any time, and other processes come to their turn.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private int _answered;
    private long _firstRefusal = long.MaxValue;

    public int Answered => Volatile.Read(ref _answered);

    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>Timestamp at which a connection was first not to be had.</summary>
    public long FirstRefusal => Interlocked.Read(ref _firstRefusal);

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
                    var answer = await ReadAnswerAsync(stream);
                    if (!answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
                    {
                        Failures.Enqueue("http/1.1: " + (answer.Length == 0 ? "closed without an answer" : answer.Split('\r')[0]));
                        break;
                    }

                    Interlocked.Increment(ref _answered);
                    closes = answer.Contains("Connection: close", StringComparison.OrdinalIgnoreCase);
                }
            }
            catch (IOException e)
            {
                Failures.Enqueue("http/1.1: " + e.Message);
            }
        }
    }

    /// <summary>HttpClient honours GOAWAY: it sends again what the server has not taken.</summary>
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

                Interlocked.Increment(ref _answered);
            }
            catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError)
            {
                Refused();
                return;
            }
            catch (HttpRequestException e)
            {
                Failures.Enqueue($"h2: {e.HttpRequestError} {e.Message} {e.InnerException?.Message}");
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
        catch (Exception e) when (e is SocketException or IOException or System.Security.Authentication.AuthenticationException)
        {
            // No connection, so no request that could be lost.
            socket.Dispose();
            Refused();
            return null;
        }
    }

    private void Refused() => Interlocked.CompareExchange(ref _firstRefusal, Stopwatch.GetTimestamp(), long.MaxValue);

    private static async Task<string> ReadAnswerAsync(Stream stream)
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

            // The application's answer is four bytes, chunked or not.
            if (text.EndsWith("0\r\n\r\n", StringComparison.Ordinal) || (text.Contains("Content-Length", StringComparison.OrdinalIgnoreCase) && text.Length > end + 4))
            {
                return text;
            }
        }

        return "";
    }
}
