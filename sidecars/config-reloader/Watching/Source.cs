using System.Buffers;

namespace ConfigReloader.Watching;

/// <summary>
/// A watched directory or file, read as the application reads it: through the links.
/// </summary>
/// <remarks>
/// A ConfigMap or Secret volume is a directory of links, <c>key -> ..data/key</c> and <c>..data -> ..2026_11_21_…</c>;
/// the kubelet writes a new time-stamped directory and renames a new <c>..data</c> over the old one. So all that is
/// below <c>..data</c> is read from the directory that <c>..data</c> named at the start, and read again if it names
/// another one at the end: a snapshot never holds keys of two versions.
/// </remarks>
internal sealed class Source
{
    /// <summary>The link that a kubelet swaps.</summary>
    public const string DataLink = "..data";

    /// <summary>Most bytes that are kept in memory for rendering. A ConfigMap holds 1 MiB.</summary>
    public const long MaxContentBytes = 32 << 20;

    private const int MaxDepth = 16;
    private const int MaxFiles = 10_000;
    private const int Attempts = 10;

    private readonly bool _isFile;

    private Source(string path, bool isFile)
    {
        Path = System.IO.Path.GetFullPath(path);
        _isFile = isFile;
    }

    /// <summary>What is watched, absolute.</summary>
    public string Path { get; }

    /// <summary>Where changes show: the directory itself, or the one that holds the file.</summary>
    public string EventDirectory => _isFile ? System.IO.Path.GetDirectoryName(Path) ?? "/" : Path;

    /// <summary>Whether subdirectories count.</summary>
    public bool Recursive => !_isFile;

    public static Source Directory(string path) => new(path, isFile: false);

    public static Source File(string path) => new(path, isFile: true);

    /// <summary>Reads the present state.</summary>
    /// <param name="withContent">Keep the bytes, for rendering; otherwise they only pass through the hash.</param>
    /// <param name="cancellationToken">Ends the reading of large files.</param>
    /// <exception cref="SourceUnreadableException">The place is missing, not readable, or changes faster than it can be read.</exception>
    public Snapshot Read(bool withContent, CancellationToken cancellationToken)
    {
        Exception? last = null;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var before = ReadDataLink();
            try
            {
                var snapshot = _isFile ? ReadFile(withContent, cancellationToken) : ReadDirectory(before, withContent, cancellationToken);
                if (ReadDataLink() == before)
                {
                    return snapshot;
                }
            }
            catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or TornReadException)
            {
                // Replaced under the reading: the next attempt sees what replaced it. If nothing did, it is just missing.
                last = exception;
                if (ReadDataLink() == before && !Exists())
                {
                    throw Missing(exception);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new SourceUnreadableException(
                    $"{Path} cannot be read: {exception.Message}",
                    "Give the user that this container runs as the right to read it (fsGroup, defaultMode).",
                    exception);
            }
        }

        throw last is null or TornReadException
            ? new SourceUnreadableException(
                $"{Path} changed {Attempts} times while it was being read",
                "Nothing to do if this ends by itself; otherwise watch a place that is written less often.",
                last)
            : Missing(last);
    }

    private SourceUnreadableException Missing(Exception cause) => new(
        $"{(_isFile ? "The file" : "The directory")} {Path} is not there: {cause.Message}",
        "Mount the ConfigMap or Secret at this path in this container too, or correct the path.",
        cause);

    private bool Exists() => _isFile ? System.IO.File.Exists(Path) : System.IO.Directory.Exists(Path);

    private string? ReadDataLink()
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

    private Snapshot ReadFile(bool withContent, CancellationToken cancellationToken)
    {
        if (FileKind.IsSpecial(Path))
        {
            throw new SourceUnreadableException(
                $"{Path} is a pipe, a socket or a device", "Watch a file: what comes from there once is gone when it has been read.", null);
        }

        using var builder = new Snapshot.Builder();
        Add(builder, System.IO.Path.GetFileName(Path), Path, withContent, 0, cancellationToken);
        return builder.Build();
    }

    private Snapshot ReadDirectory(string? dataTarget, bool withContent, CancellationToken cancellationToken)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (dataTarget is not null)
        {
            // Straight from the time-stamped directory: the links for new keys come a moment after the swap, and those
            // of removed keys dangle until they are gone.
            Collect(System.IO.Path.Combine(Path, dataTarget), "", files, 0);
        }

        foreach (var entry in new DirectoryInfo(Path).EnumerateFileSystemInfos())
        {
            if (entry.Name.StartsWith("..", StringComparison.Ordinal) || PointsIntoData(entry))
            {
                continue;
            }

            CollectEntry(entry, entry.Name, files, 0);
        }

        using var builder = new Snapshot.Builder();
        var kept = 0L;
        foreach (var (name, path) in files)
        {
            kept += Add(builder, name, path, withContent, kept, cancellationToken);
        }

        return builder.Build();
    }

    private static bool PointsIntoData(FileSystemInfo entry) =>
        entry.LinkTarget is { } target &&
        (target == DataLink || target.StartsWith(DataLink + "/", StringComparison.Ordinal));

    private static void Collect(string directory, string prefix, SortedDictionary<string, string> files, int depth)
    {
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
        {
            CollectEntry(entry, prefix + entry.Name, files, depth);
        }
    }

    private static void CollectEntry(FileSystemInfo entry, string name, SortedDictionary<string, string> files, int depth)
    {
        if (System.IO.Directory.Exists(entry.FullName))
        {
            // A link to a parent would go round for ever; no ConfigMap is this deep.
            if (depth >= MaxDepth)
            {
                throw new IOException($"more than {MaxDepth} directories deep at {entry.FullName}; is there a link to a parent?");
            }

            Collect(entry.FullName, name + "/", files, depth + 1);
            return;
        }

        if (FileKind.IsSpecial(entry.FullName))
        {
            // To open a pipe is to wait for whoever writes to it, for ever if need be. It is no configuration.
            return;
        }

        if (files.Count >= MaxFiles)
        {
            throw new IOException($"more than {MaxFiles} files; watch a directory that holds configuration only");
        }

        files[name] = entry.FullName;
    }

    private static long Add(
        Snapshot.Builder builder, string name, string path, bool withContent, long kept, CancellationToken cancellationToken)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var length = stream.Length;
        if (withContent && kept + length > MaxContentBytes)
        {
            throw new IOException($"more than {MaxContentBytes >> 20} MiB to render; render a directory that holds configuration only");
        }

        builder.BeginFile(name, length);
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

                builder.Append(buffer.AsSpan(0, read));
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

        builder.EndFile(new SourceFile(name, length, content));
        return withContent ? length : 0;
    }

    private sealed class TornReadException(string path) : Exception($"{path} was being written while it was read");
}
