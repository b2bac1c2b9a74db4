using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TlsProxy.Tests.Support;

/// <summary>An application that says what the test tells it to, byte for byte, and keeps what it was sent.</summary>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<Conversation, Task> _serve;
    private readonly Task _accepting;
    private int _connections;

    public ScriptedUpstream(Func<Conversation, Task> serve)
    {
        _serve = serve;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public int Connections => Volatile.Read(ref _connections);

    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Gives the same bytes for each request, and closes after it when asked to.</summary>
    public static ScriptedUpstream Answering(string answer, bool closes = false) => new(async conversation =>
    {
        do
        {
            await conversation.RequestAsync();
            await conversation.SayAsync(answer);
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
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The last is how a listener says that it was stopped between two connections.
        }

        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            await _serve(new Conversation(client.Client, Interlocked.Increment(ref _connections), Requests, _stop.Token));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or EndOfStreamException)
        {
        }
    }

    /// <summary>One connection, seen from the application.</summary>
    internal sealed class Conversation(Socket socket, int number, ConcurrentQueue<string> requests, CancellationToken stop)
    {
        private string _pending = "";

        public int Number => number;

        /// <summary>Bytes that have come and belong to no request yet.</summary>
        public string Pending => _pending;

        /// <summary>Waits for the headers of a request and takes them.</summary>
        public async Task<string> RequestAsync()
        {
            await UntilAsync(text => text.Contains("\r\n\r\n", StringComparison.Ordinal));
            var head = Take(_pending.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4);
            requests.Enqueue(head);
            return head;
        }

        /// <summary>Takes the first of what has come.</summary>
        public string Take(int length)
        {
            var taken = _pending[..length];
            _pending = _pending[length..];
            return taken;
        }

        /// <summary>Waits until what has come is enough.</summary>
        public async Task UntilAsync(Func<string, bool> enough)
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

        public async Task SayAsync(string text) => await socket.SendAsync(Encoding.Latin1.GetBytes(text), stop);

        /// <summary>Ends the connection with a reset.</summary>
        public void Reset()
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
    }
}
