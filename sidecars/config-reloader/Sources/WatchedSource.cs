using System.Buffers;

namespace ConfigReloader.Sources;

/// <summary>A watched directory or file, read the way the application reads it: through the links.</summary>
/// <remarks>
/// A ConfigMap or Secret volume is a directory of links: <c>key -> ..data/key</c> and <c>..data -> ..2026_11_21_…</c>. To update
/// it, the kubelet writes a new time-stamped directory and renames a new <c>..data</c> over the old one. Everything below
/// <c>..data</c> is therefore read from the directory that <c>..data</c> pointed to before the read, and the read is repeated if
/// <c>..data</c> points elsewhere afterwards. A snapshot never mixes keys of two versions.
/// </remarks>
internal sealed class WatchedSource
{
    /// <summary>The link that the kubelet swaps.</summary>
    public const string DataLink = "..data";

    /// <summary>Maximum number of bytes that are kept in memory for rendering. A ConfigMap holds at most 1 MiB.</summary>
    public const long MaxContentBytes = 32 << 20;

    private const int MaxDepth = 16;
    private const int MaxFiles = 10_000;
    private const int MaxAttempts = 10;

    private readonly bool _isFile;

    private WatchedSource(string path, bool isFile)
    {
        Path = System.IO.Path.GetFullPath(path);
        _isFile = isFile;
    }

    /// <summary>Absolute path of the watched directory or file.</summary>
    public string Path { get; }

    /// <summary>The directory in which changes appear: the watched directory, or the parent of the watched file.</summary>
    public string EventDirectory => _isFile ? System.IO.Path.GetDirectoryName(Path) ?? "/" : Path;

    /// <summary>Whether subdirectories belong to the source.</summary>
    public bool IsRecursive => !_isFile;

    public static WatchedSource ForDirectory(string path) => new(path, isFile: false);

    public static WatchedSource ForFile(string path) => new(path, isFile: true);

    /// <summary>Reads the current content.</summary>
    /// <param name="withContent">Keep the bytes for rendering; otherwise they are only hashed.</param>
    /// <param name="cancellationToken">Stops the reading of large files.</param>
    /// <exception cref="SourceUnreadableException">The path is missing, not readable, or changes faster than it can be read.</exception>
    public SourceSnapshot ReadSnapshot(bool withContent, CancellationToken cancellationToken)
    {
        Exception? last = null;
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var dataTarget = ReadDataLinkTarget();
            try
            {
                var snapshot = _isFile
                    ? ReadSingleFile(withContent, cancellationToken)
                    : ReadDirectoryTree(dataTarget, withContent, cancellationToken);
                if (ReadDataLinkTarget() == dataTarget)
                {
                    return snapshot;
                }
            }
            catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or TornReadException)
            {
                // A file was replaced during the read: the next attempt sees the new one. If nothing replaced it, it is missing.
                last = exception;
                if (ReadDataLinkTarget() == dataTarget && !SourceExists())
                {
                    throw CreateMissingException(exception);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new SourceUnreadableException(
                    $"{Path} cannot be read: {exception.Message}",
                    "Give the user of this container permission to read it (fsGroup, defaultMode).",
                    exception);
            }
        }

        throw last is null or TornReadException
            ? new SourceUnreadableException(
                $"{Path} changed {MaxAttempts} times while it was being read",
                "No action is needed if this stops by itself; otherwise watch a directory that is written less often.",
                last)
            : CreateMissingException(last);
    }

    private SourceUnreadableException CreateMissingException(Exception cause) => new(
        $"{(_isFile ? "The file" : "The directory")} {Path} does not exist: {cause.Message}",
        "Mount the ConfigMap or Secret at this path in this container too, or correct the path.",
        cause);

    private bool SourceExists() => _isFile ? File.Exists(Path) : Directory.Exists(Path);

    private string? ReadDataLinkTarget()
    {
        try
        {
            return new FileInfo(System.IO.Path.Combine(EventDirectory, DataLink)).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private SourceSnapshot ReadSingleFile(bool withContent, CancellationToken cancellationToken)
    {
        if (SpecialFile.IsSpecialFile(Path))
        {
            throw new SourceUnreadableException(
                $"{Path} is a pipe, a socket or a device", "Watch a regular file: bytes from a pipe can be read only once.", null);
        }

        using var builder = new SourceSnapshotBuilder();
        AppendFile(builder, System.IO.Path.GetFileName(Path), Path, withContent, 0, cancellationToken);
        return builder.BuildSnapshot();
    }

    private SourceSnapshot ReadDirectoryTree(string? dataTarget, bool withContent, CancellationToken cancellationToken)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (dataTarget is not null)
        {
            // Read the time-stamped directory, not the links to it: links for new keys appear a moment after the swap, and
            // links of removed keys dangle until they are deleted.
            CollectFiles(System.IO.Path.Combine(Path, dataTarget), "", files, 0);
        }

        foreach (var entry in new DirectoryInfo(Path).EnumerateFileSystemInfos())
        {
            if (entry.Name.StartsWith("..", StringComparison.Ordinal) || PointsIntoDataLink(entry))
            {
                continue;
            }

            CollectEntry(entry, entry.Name, files, 0);
        }

        using var builder = new SourceSnapshotBuilder();
        var keptBytes = 0L;
        foreach (var (name, path) in files)
        {
            keptBytes += AppendFile(builder, name, path, withContent, keptBytes, cancellationToken);
        }

        return builder.BuildSnapshot();
    }

    private static bool PointsIntoDataLink(FileSystemInfo entry) =>
        entry.LinkTarget is { } target &&
        (target == DataLink || target.StartsWith(DataLink + "/", StringComparison.Ordinal));

    private static void CollectFiles(string directory, string prefix, SortedDictionary<string, string> files, int depth)
    {
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
        {
            CollectEntry(entry, prefix + entry.Name, files, depth);
        }
    }

    private static void CollectEntry(FileSystemInfo entry, string name, SortedDictionary<string, string> files, int depth)
    {
        if (Directory.Exists(entry.FullName))
        {
            // A link to a parent directory would recurse forever. No ConfigMap is this deep.
            if (depth >= MaxDepth)
            {
                throw new IOException($"more than {MaxDepth} directories deep at {entry.FullName}; is there a link to a parent directory?");
            }

            CollectFiles(entry.FullName, name + "/", files, depth + 1);
            return;
        }

        if (SpecialFile.IsSpecialFile(entry.FullName))
        {
            // Opening a pipe without a writer blocks forever, and a pipe is not configuration.
            return;
        }

        if (files.Count >= MaxFiles)
        {
            throw new IOException($"more than {MaxFiles} files; watch a directory that contains only configuration");
        }

        files[name] = entry.FullName;
    }

    private static long AppendFile(
        SourceSnapshotBuilder builder, string name, string path, bool withContent, long keptBytes, CancellationToken cancellationToken)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var length = stream.Length;
        if (withContent && keptBytes + length > MaxContentBytes)
        {
            throw new IOException($"more than {MaxContentBytes >> 20} MiB to render; render a directory that contains only configuration");
        }

        builder.StartFile(name, length);
        var content = withContent ? new byte[length] : [];
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            var total = 0L;
            while (total < length)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var read = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, length - total));
                if (read == 0)
                {
                    throw new TornReadException(path);
                }

                builder.AppendBytes(buffer.AsSpan(0, read));
                if (withContent)
                {
                    buffer.AsSpan(0, read).CopyTo(content.AsSpan((int)total));
                }

                total += read;
            }

            if (stream.Length != length)
            {
                throw new TornReadException(path);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        builder.FinishFile(new SourceFile(name, length, content));
        return withContent ? length : 0;
    }
}
