using System.Security.Cryptography;
using Agent.RequestLogging;

namespace Agent.Logs;

/// <summary>One file of the request log, open, known by its first line: a request's, so no other file begins with it.</summary>
internal sealed class LogSegment(FileStream file, string id) : IAsyncDisposable
{
    private const int HeadBytes = 512;

    public FileStream File => file;

    public string Id => id;

    public ValueTask DisposeAsync() => file.DisposeAsync();

    /// <summary>Opens the file that <paramref name="from"/> names, and stands there.</summary>
    /// <returns>
    /// The file, null when there is no line yet, and whether <paramref name="from"/> is not there any more, so that the oldest
    /// line that is kept comes instead. Of a file that is left behind and read to its end the next one is returned.
    /// </returns>
    public static async Task<(LogSegment? Segment, bool Gap)> OpenAsync(string path, LogPosition from, CancellationToken cancellationToken)
    {
        var segments = await OpenAllAsync(path, cancellationToken);
        var (chosen, gap) = Choose(segments, from);
        foreach (var segment in segments.Where(s => s != chosen))
        {
            await segment.DisposeAsync();
        }

        return (chosen, gap);
    }

    /// <summary>Whether another file with a line in it stands under <paramref name="path"/> now.</summary>
    public async Task<bool> IsLeftBehindAsync(string path, CancellationToken cancellationToken)
    {
        await using var named = await TryOpenAsync(path, cancellationToken);
        return named is not null && named.Id != id;
    }

    private static (LogSegment? Segment, bool Gap) Choose(List<LogSegment> segments, LogPosition from)
    {
        if (segments.Count == 0)
        {
            return (null, false);
        }

        if (from == LogPosition.End)
        {
            var newest = segments[^1];
            newest.File.Position = LastLineEnd(newest.File);
            return (newest, false);
        }

        var index = segments.FindIndex(s => s.Id == from.File && s.File.Length >= from.Offset);
        if (index < 0)
        {
            segments[0].File.Position = 0;
            return (segments[0], from != LogPosition.Oldest);
        }

        // Renamed while this looked, it is found under both of its names.
        var next = segments.FindIndex(index, s => s.Id != from.File);
        if (next > 0 && segments[index].File.Length == from.Offset)
        {
            segments[next].File.Position = 0;
            return (segments[next], false);
        }

        segments[index].File.Position = from.Offset;
        return (segments[index], false);
    }

    /// <summary>Every file with a line in it, oldest first.</summary>
    private static async Task<List<LogSegment>> OpenAllAsync(string path, CancellationToken cancellationToken)
    {
        var target = RolledFiles.TargetOf(path);

        // The one being written comes first: left behind from here on, it is met again under its new name and not missed.
        var current = await TryOpenAsync(target, cancellationToken);
        var segments = new List<LogSegment>();
        if (Directory.Exists(Path.GetDirectoryName(target)))
        {
            foreach (var (_, rolled) in RolledFiles.Of(target))
            {
                if (await TryOpenAsync(rolled, cancellationToken) is { } segment)
                {
                    segments.Add(segment);
                }
            }
        }

        if (current is not null)
        {
            segments.Add(current);
        }

        return segments;
    }

    private static async Task<LogSegment?> TryOpenAsync(string path, CancellationToken cancellationToken)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        var head = new byte[HeadBytes];
        head = head[..await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken)];
        var lineEnd = head.AsSpan().IndexOf((byte)'\n');
        if (lineEnd < 0 && head.Length < HeadBytes)
        {
            await file.DisposeAsync();
            return null;
        }

        var digest = SHA256.HashData(lineEnd < 0 ? head : head.AsSpan(0, lineEnd));
        return new LogSegment(file, Convert.ToHexStringLower(digest.AsSpan(0, 8)));
    }

    private static long LastLineEnd(FileStream file)
    {
        var buffer = new byte[64 * 1024];
        for (var end = file.Length; end > 0;)
        {
            var start = Math.Max(0, end - buffer.Length);
            var read = RandomAccess.Read(file.SafeFileHandle, buffer.AsSpan(0, (int)(end - start)), start);
            var lineEnd = buffer.AsSpan(0, read).LastIndexOf((byte)'\n');
            if (lineEnd >= 0)
            {
                return start + lineEnd + 1;
            }

            end = start;
        }

        return 0;
    }
}
