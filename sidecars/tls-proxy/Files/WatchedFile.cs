using System.Security.Cryptography;

namespace TlsProxy.Files;

/// <summary>
/// The parsed content of a mounted file, read again within a second of a change. The content is compared and not the modification
/// time, because a Secret volume may keep the time. If the new content is invalid, the last good value stays in use and a problem is
/// reported.
/// </summary>
internal sealed class WatchedFile<T>
    where T : class
{
    private const int MaximumBytes = 1024 * 1024;

    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly Func<byte[], T> _parse;
    private readonly Problems _problems;
    private readonly TimeProvider _time;
    private volatile T _value;
    private byte[] _hash;
    private long _readAt;

    /// <param name="path">The file.</param>
    /// <param name="parse">Parses the content; throws <see cref="FormatException"/> with a message for the operator.</param>
    /// <param name="problems">Receives later failures.</param>
    /// <param name="time">Measures the age of the last read.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The process has no permission to read the file.</exception>
    /// <exception cref="FormatException">The content is invalid.</exception>
    public WatchedFile(string path, Func<byte[], T> parse, Problems problems, TimeProvider time)
    {
        (_path, _parse, _problems, _time) = (path, parse, problems, time);
        var content = ReadContent();
        _value = parse(content);
        _hash = SHA256.HashData(content);
        _readAt = time.GetTimestamp();
    }

    /// <summary>The current value. Reads the file again when the last read is more than a second old.</summary>
    public T Current
    {
        get
        {
            var readAt = Volatile.Read(ref _readAt);
            if (_time.GetElapsedTime(readAt) > RefreshInterval
                && Interlocked.CompareExchange(ref _readAt, _time.GetTimestamp(), readAt) == readAt)
            {
                RefreshValue();
            }

            return _value;
        }
    }

    private void RefreshValue()
    {
        try
        {
            var content = ReadContent();
            var hash = SHA256.HashData(content);
            if (!hash.AsSpan().SequenceEqual(_hash))
            {
                _value = _parse(content);
                _hash = hash;
            }

            _problems.Clear(_path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            _problems.Report(_path, exception.Message, "The previous content is still used. Fix the file or its mount.");
        }
    }

    private byte[] ReadContent()
    {
        using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[Math.Min(MaximumBytes + 1, Math.Max(file.Length + 1, 4096))];
        var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return length <= MaximumBytes ? buffer[..length] : throw new FormatException($"{_path} is larger than 1 MiB.");
    }
}
