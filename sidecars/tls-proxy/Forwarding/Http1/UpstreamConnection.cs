using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace TlsProxy.Forwarding.Http1;

/// <summary>
/// One connection to the application: bytes out, bytes in, and one clock for both. What an answer begins with comes into a
/// small buffer that is the connection's own: a shared pool has fewer than there may be requests that wait.
/// </summary>
internal sealed class UpstreamConnection : IDisposable
{
    /// <summary>Bytes of an answer's status line and headers, or of a chunk's framing; more is a broken answer.</summary>
    public const int LargestHead = 64 * 1024;

    private const int OwnBuffer = 8 * 1024;

    /// <summary>No request is on it.</summary>
    private const long AtRest = 0;

    private const long TimedOut = -1;
    private const long Abandoned = -2;
    private const long Finished = -3;

    private readonly Socket _socket;
    private readonly CancellationTokenSource _cutOff = new();
    private readonly TimeProvider _time;
    private readonly long _patience;
    private readonly byte[] _own = GC.AllocateUninitializedArray<byte>(OwnBuffer);

    /// <summary>The timestamp at which the application has been silent for too long, or one of the states above.</summary>
    private long _deadline;

    /// <summary><see cref="_own"/>, or a larger one for as long as what came does not fit there.</summary>
    private byte[] _buffer;
    private int _start;
    private int _end;

    /// <param name="socket">Connected.</param>
    /// <param name="time">The clock.</param>
    /// <param name="patience">How long no byte may move while a request is on it.</param>
    public UpstreamConnection(Socket socket, TimeProvider time, TimeSpan patience)
    {
        (_socket, _time) = (socket, time);
        _patience = (long)(patience.TotalSeconds * time.TimestampFrequency);
        _buffer = _own;
        Request = new RequestWriter(this);
    }

    /// <summary>The request that goes out on it.</summary>
    public RequestWriter Request { get; }

    /// <summary>A request was answered on it before: the application may have closed it since.</summary>
    public bool IsReused { get; private set; }

    /// <summary>Timestamp of its last answer's end.</summary>
    public long RestsSince { get; private set; }

    /// <summary>The application was silent for too long.</summary>
    public bool IsTimedOut => Volatile.Read(ref _deadline) == TimedOut;

    /// <summary>The client is gone.</summary>
    public bool IsAbandoned => Volatile.Read(ref _deadline) == Abandoned;

    /// <summary>It was cut off, for whatever reason.</summary>
    public bool IsCutOff => Volatile.Read(ref _deadline) < AtRest;

    /// <summary>Cancelled as it is cut off: nothing that belongs to its request is to be waited for, the client included.</summary>
    public CancellationToken WhenCutOff => _cutOff.Token;

    /// <summary>A byte has come since the request began.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>What has been received and not been consumed.</summary>
    public ReadOnlySpan<byte> Received => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Whether the application has neither closed it nor spoken unasked.</summary>
    public bool IsQuiet()
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

    /// <summary>A request begins.</summary>
    public void Begin()
    {
        (_start, _end, HasAnswered) = (0, 0, false);
        Interlocked.Exchange(ref _deadline, _time.GetTimestamp() + _patience);
    }

    /// <summary>The request has ended, one way or the other. Nothing may be sent or received any more.</summary>
    /// <returns>False when the connection was cut off meanwhile.</returns>
    public bool End()
    {
        var isWhole = Interlocked.Exchange(ref _deadline, AtRest) > AtRest;
        Use(_own);
        Request.ReturnBuffer();
        IsReused = true;
        RestsSince = _time.GetTimestamp();
        return isWhole;
    }

    /// <summary>Whether a request is on it and nothing has moved for too long.</summary>
    public bool IsSilent(long now) => Volatile.Read(ref _deadline) is var deadline && deadline > AtRest && deadline < now;

    /// <summary>Cuts it off if nothing has moved for too long.</summary>
    public void CutOffIfSilent(long now)
    {
        if (Volatile.Read(ref _deadline) is var deadline && deadline > AtRest && deadline < now)
        {
            CutOff(deadline, TimedOut);
        }
    }

    /// <summary>Cuts it off since the client is gone.</summary>
    public void Abandon() => CutOff(Abandoned);

    /// <summary>Cuts it off since nothing more is wanted of it.</summary>
    public void Finish() => CutOff(Finished);

    public void Consume(int bytes)
    {
        _start += bytes;
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }
    }

    /// <summary>Receives more after what is there.</summary>
    /// <returns>Bytes; 0 at the application's end.</returns>
    /// <exception cref="SocketException">The connection broke.</exception>
    /// <exception cref="ObjectDisposedException">It was cut off.</exception>
    /// <exception cref="BrokenAnswerException">More than <see cref="LargestHead"/> waits to be understood.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReceiveAsync()
    {
        MakeRoom();
        var received = await _socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None);
        Took(received);
        return received;
    }

    /// <summary>
    /// Receives until there are the whole headers of an answer. Every request waits here, so not for another method that waits
    /// for the socket.
    /// </summary>
    /// <returns>Their length.</returns>
    /// <inheritdoc cref="ReceiveAsync()"/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReceiveHeadAsync()
    {
        int length;
        while ((length = ResponseHead.Measure(Received)) == 0)
        {
            MakeRoom();
            var received = await _socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None);
            Took(received);
            if (received == 0)
            {
                throw new BrokenAnswerException(HasAnswered ? "it ends within its headers" : "there is none");
            }
        }

        return length;
    }

    /// <summary>Receives into the caller's memory; nothing may be left unconsumed.</summary>
    /// <inheritdoc cref="ReceiveAsync()"/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReceiveAsync(Memory<byte> destination)
    {
        var received = await _socket.ReceiveAsync(destination, SocketFlags.None);
        Moved();
        return received;
    }

    /// <exception cref="SocketException">The connection broke.</exception>
    /// <exception cref="ObjectDisposedException">It was cut off.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var sent = await _socket.SendAsync(bytes, SocketFlags.None);
            Moved();
            bytes = bytes[sent..];
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _cutOff.Dispose();
    }

    private void Took(int received)
    {
        Moved();
        HasAnswered |= received > 0;
        _end += received;
    }

    private void MakeRoom()
    {
        if (_end < _buffer.Length)
        {
            return;
        }

        var held = _end - _start;
        if (held >= LargestHead)
        {
            throw new BrokenAnswerException($"its headers are longer than {LargestHead} bytes");
        }

        var target = _buffer;
        if (held > _buffer.Length / 2)
        {
            target = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        }

        _buffer.AsSpan(_start, held).CopyTo(target);
        Use(target);
        (_start, _end) = (0, held);
    }

    private void Use(byte[] buffer)
    {
        if (_buffer != buffer && _buffer != _own)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = buffer;
    }

    /// <summary>A byte has moved, in whatever direction: the patience begins anew.</summary>
    public void Moved()
    {
        if (Volatile.Read(ref _deadline) is var deadline && deadline > AtRest)
        {
            // If it fails, it was cut off, or a byte in the other direction did the same.
            Interlocked.CompareExchange(ref _deadline, _time.GetTimestamp() + _patience, deadline);
        }
    }

    private void CutOff(long why)
    {
        while (Volatile.Read(ref _deadline) is var deadline && deadline > AtRest && !CutOff(deadline, why))
        {
            // A byte moved the deadline at this moment.
        }
    }

    private bool CutOff(long deadline, long why)
    {
        if (Interlocked.CompareExchange(ref _deadline, why, deadline) != deadline)
        {
            return false;
        }

        // Whatever waits on it ends with an exception; who waits disposes of the rest.
        _socket.Dispose();
        try
        {
            _cutOff.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Whoever waited is through with it already.
        }

        return true;
    }
}
