using System.Collections.Concurrent;
using System.Globalization;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Smuggling;

/// <summary>
/// An application that records every byte it receives. It frames requests exactly as RFC 9112 requires and responds to each.
/// Bytes that it cannot frame are recorded as a separate request, so more than one request means that something was smuggled.
/// </summary>
internal sealed class RawRecorder : IAsyncDisposable
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nrecorded";

    private readonly ScriptedUpstream _upstream;

    public RawRecorder() => _upstream = new ScriptedUpstream(ServeAsync);

    public Uri Url => _upstream.Url;

    public ConcurrentQueue<string> Requests { get; } = new();

    public ValueTask DisposeAsync() => _upstream.DisposeAsync();

    private async Task ServeAsync(ScriptedUpstream.Connection connection)
    {
        try
        {
            while (true)
            {
                await connection.WaitUntilAsync(text => Frame(text) > 0);
                Requests.Enqueue(connection.Take(Frame(connection.Pending)));
                await connection.SendAsync(Answer);
            }
        }
        finally
        {
            if (connection.Pending.Length > 0)
            {
                Requests.Enqueue("unframed: " + connection.Pending);
            }
        }
    }

    /// <summary>The length of the first request, or 0 while it is incomplete.</summary>
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
