using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TlsProxy.Tests.Support;

/// <summary>An application that sends scripted bytes and records the requests.</summary>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<Connection, Task> _serve;
    private readonly Task _accepting;
    private int _connections;

    public ScriptedUpstream(Func<Connection, Task> serve)
    {
        _serve = serve;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public int Connections => Volatile.Read(ref _connections);

    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Sends the same bytes for each request, and optionally closes the connection afterwards.</summary>
    public static ScriptedUpstream RespondingWith(string answer, bool closes = false) => new(async connection =>
    {
        do
        {
            await connection.RequestAsync();
            await connection.SendAsync(answer);
        }
        while (!closes);
    });

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
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // A listener that is stopped between two connections throws the last one.
        }

        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            await _serve(new Connection(client.Client, Interlocked.Increment(ref _connections), Requests, _stop.Token));
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or EndOfStreamException)
        {
        }
    }

    /// <summary>One connection, from the application's point of view.</summary>
    internal sealed class Connection(Socket socket, int number, ConcurrentQueue<string> requests, CancellationToken stop)
    {
        private string _pending = "";

        public int Number => number;

        /// <summary>Received bytes that belong to no request yet.</summary>
        public string Pending => _pending;

        /// <summary>Waits for the headers of a request and consumes them.</summary>
        public async Task<string> RequestAsync()
        {
            await WaitUntilAsync(text => text.Contains("\r\n\r\n", StringComparison.Ordinal));
            var head = Take(_pending.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4);
            requests.Enqueue(head);
            return head;
        }

        /// <summary>Consumes the first received bytes.</summary>
        public string Take(int length)
        {
            var taken = _pending[..length];
            _pending = _pending[length..];
            return taken;
        }

        /// <summary>Waits until the received bytes satisfy a condition.</summary>
        public async Task WaitUntilAsync(Func<string, bool> enough)
        {
            var buffer = new byte[64 * 1024];
            while (!enough(_pending))
            {
                var read = await socket.ReceiveAsync(buffer, stop);
                if (read == 0)
                {
                    throw new EndOfStreamException();
                }

                _pending += Encoding.Latin1.GetString(buffer, 0, read);
            }
        }

        /// <summary>Reads a body of known length without keeping it.</summary>
        public async Task DiscardAsync(int length)
        {
            length -= Take(Math.Min(length, _pending.Length)).Length;
            var buffer = new byte[64 * 1024];
            while (length > 0)
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(0, Math.Min(length, buffer.Length)), stop);
                length = read == 0 ? throw new EndOfStreamException() : length - read;
            }
        }

        public async Task SendAsync(string text) => await socket.SendAsync(Encoding.Latin1.GetBytes(text), stop);

        /// <summary>Resets the connection.</summary>
        public void Reset()
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
    }
}
