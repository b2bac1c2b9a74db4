using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TlsProxy.Tests.Smuggling;

/// <summary>
/// An application that keeps every byte it was sent. It frames requests by the letter of RFC 9112, answers each, and what
/// it cannot frame it keeps as a request of its own: more than one means that something was smuggled.
/// </summary>
internal sealed class RawRecorder : IAsyncDisposable
{
    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nrecorded"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public RawRecorder()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public ConcurrentQueue<string> Requests { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
        }

        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        var stream = client.GetStream();
        var pending = "";
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                for (var length = Frame(pending); length > 0; length = Frame(pending))
                {
                    Requests.Enqueue(pending[..length]);
                    pending = pending[length..];
                    await stream.WriteAsync(Answer, _stop.Token);
                }

                var read = await stream.ReadAsync(buffer, _stop.Token);
                if (read == 0)
                {
                    break;
                }

                pending += Encoding.Latin1.GetString(buffer, 0, read);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
        }

        if (pending.Length > 0)
        {
            Requests.Enqueue("unframed: " + pending);
        }
    }

    /// <summary>The length of the request at the beginning, or 0 while it is not whole.</summary>
    private static int Frame(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return 0;
        }

        var head = text[..end].Split("\r\n").Skip(1).Select(l => l.Split(':', 2)).ToList();
        var body = end + 4;
        if (head.Exists(h => h[0].Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)))
        {
            while (true)
            {
                var lineEnd = text.IndexOf("\r\n", body, StringComparison.Ordinal);
                if (lineEnd < 0)
                {
                    return 0;
                }

                var size = int.Parse(text[body..lineEnd], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                body = lineEnd + 2 + size + 2;
                if (body > text.Length)
                {
                    return 0;
                }

                if (size == 0)
                {
                    return body;
                }
            }
        }

        var length = head.Find(h => h[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase));
        body += length is null ? 0 : int.Parse(length[1].Trim(), CultureInfo.InvariantCulture);
        return body <= text.Length ? body : 0;
    }
}
