using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace TlsProxy.Http1Upstream;

/// <summary>One connection to the application: sends, receives, and extends one deadline for both directions.</summary>
internal sealed class UpstreamConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly CancellationTokenSource _cutOff = new();
    private readonly TimeProvider _time;
    private readonly ReceiveBuffer _received = new();

    /// <param name="socket">A connected socket.</param>
    /// <param name="time">The clock.</param>
    /// <param name="activityTimeout">The longest time without a byte while a request is active.</param>
    public UpstreamConnection(Socket socket, TimeProvider time, TimeSpan activityTimeout)
    {
        (_socket, _time) = (socket, time);
        Deadline = new ActivityDeadline(time, activityTimeout, CloseSocket);
        Request = new RequestWriter(this);
    }

    /// <summary>Sends the requests of this connection, one after the other.</summary>
    public RequestWriter Request { get; }

    public ActivityDeadline Deadline { get; }

    /// <summary>The connection carried a request before, so the application may have closed it since.</summary>
    public bool IsReused { get; private set; }

    /// <summary>Timestamp of the end of the last exchange.</summary>
    public long IdleSince { get; private set; }

    /// <summary>Canceled when the connection is cut off. Client reads and writes of the same request use it as well.</summary>
    public CancellationToken CutOffToken => _cutOff.Token;

    /// <summary>At least one byte arrived since the request started.</summary>
    public bool HasReceivedBytes { get; private set; }

    /// <summary>Received and not consumed.</summary>
    public ReadOnlySpan<byte> Received => _received.Unconsumed;

    /// <summary>Whether the idle connection is still usable: the application neither closed it nor sent anything.</summary>
    public bool IsStillIdle()
    {
        try
        {
            return !_socket.Poll(0, SelectMode.SelectRead);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void StartRequest()
    {
        _received.ClearContent();
        HasReceivedBytes = false;
        Deadline.StartRequest();
    }

    /// <summary>Ends the exchange. Nothing may be sent or received afterwards.</summary>
    /// <returns>False when the connection was cut off during the request.</returns>
    public bool FinishRequest()
    {
        var isUsable = Deadline.StopRequest();
        _received.ReleaseRentedArray();
        Request.ReleaseBuffer();
        IsReused = true;
        IdleSince = _time.GetTimestamp();
        return isUsable;
    }

    public void ConsumeBytes(int bytes) => _received.ConsumeBytes(bytes);

    /// <summary>Receives more bytes behind the unconsumed ones.</summary>
    /// <returns>The number of bytes; 0 when the application closed the connection.</returns>
    /// <exception cref="SocketException">The connection failed.</exception>
    /// <exception cref="ObjectDisposedException">The connection was cut off.</exception>
    /// <exception cref="MalformedResponseException">The unconsumed bytes exceed <see cref="ReceiveBuffer.MaximumHeadBytes"/>.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReceiveMoreAsync()
    {
        var received = await _socket.ReceiveAsync(_received.GetFreeMemory(), SocketFlags.None);
        CommitReceived(received);
        return received;
    }

    /// <summary>
    /// Receives until a complete response head is there. Every request waits here, so the loop awaits the socket directly and saves
    /// one more asynchronous method.
    /// </summary>
    /// <returns>The length of the head.</returns>
    /// <inheritdoc cref="ReceiveMoreAsync()"/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReceiveHeadAsync()
    {
        int length;
        while ((length = ResponseHead.MeasureHead(Received)) == 0)
        {
            var received = await _socket.ReceiveAsync(_received.GetFreeMemory(), SocketFlags.None);
            CommitReceived(received);
            if (received == 0)
            {
                throw new MalformedResponseException(
                    HasReceivedBytes ? "it ends within its headers" : "the connection closed before the response");
            }
        }

        return length;
    }

    /// <summary>Receives into the caller's memory; all received bytes must be consumed before.</summary>
    /// <inheritdoc cref="ReceiveMoreAsync()"/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReceiveIntoAsync(Memory<byte> destination)
    {
        var received = await _socket.ReceiveAsync(destination, SocketFlags.None);
        Deadline.ExtendDeadline();
        return received;
    }

    /// <exception cref="SocketException">The connection failed.</exception>
    /// <exception cref="ObjectDisposedException">The connection was cut off.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendBytesAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var sent = await _socket.SendAsync(bytes, SocketFlags.None);
            Deadline.ExtendDeadline();
            bytes = bytes[sent..];
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _cutOff.Dispose();
    }

    private void CommitReceived(int bytes)
    {
        Deadline.ExtendDeadline();
        HasReceivedBytes |= bytes > 0;
        _received.CommitReceived(bytes);
    }

    /// <summary>Pending socket operations fail with an exception; the request that awaits them disposes of this connection.</summary>
    private void CloseSocket()
    {
        _socket.Dispose();
        try
        {
            _cutOff.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The request ended at the same time and disposed of the connection.
        }
    }
}
