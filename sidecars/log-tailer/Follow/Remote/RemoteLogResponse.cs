using System.Globalization;

namespace LogTailer.Follow.Remote;

/// <summary>A part of a log that is received over HTTP.</summary>
internal sealed class RemoteLogResponse : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Task<int>? _pendingRead;

    public RemoteLogResponse(HttpResponseMessage response, Stream stream)
    {
        (_response, _stream) = (response, stream);
        HasGap = response.Headers.Contains("Log-Gap");

        if (response.Headers.TryGetValues("Log-Position", out var values)
            && values.First() is var position
            && position.LastIndexOf(':') is > 0 and var colon
            && long.TryParse(position.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            (File, Offset) = (position[..colon], offset);
        }
    }

    /// <summary>The permanent name of the file in this response; null when the server provides no positions or has no line yet.</summary>
    public string? File { get; }

    /// <summary>The offset in that file at which the response starts.</summary>
    public long Offset { get; }

    /// <summary>Whether the server no longer has the requested position.</summary>
    public bool HasGap { get; }

    /// <summary>The server's clock.</summary>
    public DateTimeOffset? Date => _response.Headers.Date;

    /// <summary>The next bytes, valid until the next call; empty at the end of the response.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadBytesAsync(CancellationToken cancellationToken)
    {
        var pending = _pendingRead;
        _pendingRead = null;
        return _buffer.AsMemory(
            0, pending is null ? await _stream.ReadAsync(_buffer, cancellationToken) : await pending.WaitAsync(cancellationToken));
    }

    /// <summary>The next bytes, or null when none arrive within <paramref name="timeout"/>.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadBytesAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        _pendingRead ??= _stream.ReadAsync(_buffer, cancellationToken).AsTask();

        try
        {
            var read = await _pendingRead.WaitAsync(timeout, cancellationToken);
            _pendingRead = null;
            return _buffer.AsMemory(0, read);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        // A pending read fails when the connection is closed. Its exception must not stay unobserved.
        _ = _pendingRead?.ContinueWith(task => task.Exception, TaskScheduler.Default);
        _response.Dispose();
    }
}
