using System.Security.Cryptography;
using Agent.RequestLogging;

namespace Agent.Logs;

/// <summary>
/// An open file of the request log, identified by its first line: that line describes one request, so no other file has it.
/// </summary>
internal sealed class LogSegment(FileStream file, string id) : IAsyncDisposable
{
    private const int HeadBytes = 512;

    public FileStream File => file;

    public string Id => id;

    public ValueTask DisposeAsync() => file.DisposeAsync();

    /// <summary>Opens the file of <paramref name="from"/> at its offset.</summary>
    /// <returns>
    /// The file, null if the log has no line yet; the next file, if that of <paramref name="from"/> was rolled and sent completely.
    /// The gap is true if the position no longer exists; then the file is the oldest one.
    /// </returns>
    public static async Task<(LogSegment? Segment, bool Gap)> OpenAtAsync(
        string path, LogPosition from, CancellationToken cancellationToken)
    {
        var segments = await OpenAllAsync(path, cancellationToken);
        var (chosen, gap) = ChooseSegment(segments, from);
        foreach (var segment in segments.Where(s => s != chosen))
        {
            await segment.DisposeAsync();
        }

        return (chosen, gap);
    }

    /// <summary>Whether <paramref name="path"/> refers to another file with at least one line by now.</summary>
    public async Task<bool> IsRolledAsync(string path, CancellationToken cancellationToken)
    {
        await using var current = await TryOpenAsync(path, cancellationToken);
        return current is not null && current.Id != id;
    }

    private static (LogSegment? Segment, bool Gap) ChooseSegment(List<LogSegment> segments, LogPosition from)
    {
        if (segments.Count == 0)
        {
            return (null, false);
        }

        if (from == LogPosition.End)
        {
            var newest = segments[^1];
            newest.File.Position = CompleteLines.FindLastLines(newest.File, 0);
            return (newest, false);
        }

        var index = segments.FindIndex(s => s.Id == from.File && s.File.Length >= from.Offset);
        if (index < 0)
        {
            segments[0].File.Position = 0;
            return (segments[0], from != LogPosition.Oldest);
        }

        // A file that was renamed during the listing appears twice, under both names, so skip those with the same id.
        var next = segments.FindIndex(index, s => s.Id != from.File);
        if (next > 0 && segments[index].File.Length == from.Offset)
        {
            segments[next].File.Position = 0;
            return (segments[next], false);
        }

        segments[index].File.Position = from.Offset;
        return (segments[index], false);
    }

    /// <summary>Opens every file with at least one line, oldest first.</summary>
    private static async Task<List<LogSegment>> OpenAllAsync(string path, CancellationToken cancellationToken)
    {
        var target = RolledFiles.ResolveTarget(path);

        // The current file first: if it is rolled during the listing, it appears again under its new name and is not missed.
        var current = await TryOpenAsync(target, cancellationToken);
        var segments = new List<LogSegment>();
        if (Directory.Exists(Path.GetDirectoryName(target)))
        {
            foreach (var (_, rolled) in RolledFiles.ListFiles(target))
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

    /// <returns>Null if the file does not exist or has no complete line.</returns>
    private static async Task<LogSegment?> TryOpenAsync(string path, CancellationToken cancellationToken)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
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
}
