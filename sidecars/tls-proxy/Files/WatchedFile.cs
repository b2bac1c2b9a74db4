using System.Security.Cryptography;

namespace TlsProxy.Files;

/// <summary>
/// What a mounted file holds, read again within a second of its change. The content is compared and not the time, which
/// a Secret volume may keep. A content that cannot be used leaves the last good one in force, and that is reported.
/// </summary>
internal sealed class WatchedFile<T>
    where T : class
{
    private const int MaximumBytes = 1024 * 1024;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly Func<byte[], T> _parse;
    private readonly Problems _problems;
    private readonly TimeProvider _time;
    private volatile T _value;
    private byte[] _hash;
    private long _readAt;

    /// <param name="path">The file.</param>
    /// <param name="parse">Understands its content; throws <see cref="FormatException"/> with a sentence that ends "file …".</param>
    /// <param name="problems">Where a later failure is reported.</param>
    /// <param name="time">Measures how old the last look is.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="FormatException">Its content cannot be used.</exception>
    public WatchedFile(string path, Func<byte[], T> parse, Problems problems, TimeProvider time)
    {
        (_path, _parse, _problems, _time) = (path, parse, problems, time);
        var content = Read();
        _value = parse(content);
        _hash = SHA256.HashData(content);
        _readAt = time.GetTimestamp();
    }

    /// <summary>What it holds now.</summary>
    public T Current
    {
        get
        {
            var readAt = Volatile.Read(ref _readAt);
            if (_time.GetElapsedTime(readAt) > Fresh && Interlocked.CompareExchange(ref _readAt, _time.GetTimestamp(), readAt) == readAt)
            {
                Look();
            }

            return _value;
        }
    }

    private void Look()
    {
        try
        {
            var content = Read();
            var hash = SHA256.HashData(content);
            if (!hash.AsSpan().SequenceEqual(_hash))
            {
                _value = _parse(content);
                _hash = hash;
            }

            _problems.Clear(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            _problems.Report(_path, e.Message, "What it held before is still used: mend the file or its mount.");
        }
    }

    private byte[] Read()
    {
        using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[Math.Min(MaximumBytes + 1, Math.Max(file.Length + 1, 4096))];
        var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return length <= MaximumBytes ? buffer[..length] : throw new FormatException($"{_path} is larger than 1 MiB.");
    }
}
