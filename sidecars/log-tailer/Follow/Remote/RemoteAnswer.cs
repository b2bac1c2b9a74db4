using System.Globalization;

namespace LogTailer.Follow.Remote;

/// <summary>A part of a log as it comes over HTTP.</summary>
internal sealed class RemoteAnswer : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Task<int>? _reading;

    public RemoteAnswer(HttpResponseMessage response, Stream stream)
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

    /// <summary>The one file that the answer is of, by a name that stays its own; null where the server knows no positions, or there is no line yet.</summary>
    public string? File { get; }

    /// <summary>Where in that file the answer begins.</summary>
    public long Offset { get; }

    /// <summary>Whether the position that was asked for is not kept any more.</summary>
    public bool HasGap { get; }

    /// <summary>The server's clock.</summary>
    public DateTimeOffset? Date => _response.Headers.Date;

    /// <summary>The next bytes, valid until the next call; empty at the answer's end.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        var reading = _reading;
        _reading = null;
        return _buffer.AsMemory(0, reading is null ? await _stream.ReadAsync(_buffer, cancellationToken) : await reading.WaitAsync(cancellationToken));
    }

    /// <summary>As above, but null where none have come within <paramref name="patience"/>.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        _reading ??= _stream.ReadAsync(_buffer, cancellationToken).AsTask();

        try
        {
            var read = await _reading.WaitAsync(patience, cancellationToken);
            _reading = null;
            return _buffer.AsMemory(0, read);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        // A reading that is given up ends with the connection, and nobody is there to see how.
        _ = _reading?.ContinueWith(task => task.Exception, TaskScheduler.Default);
        _response.Dispose();
    }
}
