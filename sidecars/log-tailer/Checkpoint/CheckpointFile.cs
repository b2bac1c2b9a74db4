using System.Globalization;
using System.Text.Json;
using LogTailer.Follow;

namespace LogTailer.Checkpoint;

/// <summary>The checkpoint on disk: for each sink the positions in its files. Replaced whole, so it is either the old one or the new one.</summary>
internal sealed partial class CheckpointFile(string path, TimeProvider time, ILogger<CheckpointFile> logger)
{
    private const int FormatVersion = 1;

    /// <summary>With thousands of files the text is written in pieces rather than gathered whole.</summary>
    private const int FlushBytes = 32 * 1024;

    /// <summary>Where it lies.</summary>
    public string Path { get; } = path;

    /// <summary>Reads the positions of every sink. A damaged file is set aside with a warning, and nothing is known.</summary>
    /// <exception cref="IOException">It is there but cannot be read; to go on would send everything twice.</exception>
    public Dictionary<string, List<CheckpointedPosition>> Load()
    {
        byte[] content;

        try
        {
            content = File.ReadAllBytes(Path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Dictionary<string, List<CheckpointedPosition>>(StringComparer.Ordinal);
        }

        try
        {
            return Parse(content);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            var aside = $"{Path}.damaged-{time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture)}";
            File.Move(Path, aside);
            Log.Damaged(logger, Path, exception.Message, aside);
            return new Dictionary<string, List<CheckpointedPosition>>(StringComparer.Ordinal);
        }
    }

    /// <summary>Writes the positions of every sink: temporary file, fsync, rename.</summary>
    /// <exception cref="IOException">The disk is full, or does not answer.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory is not writable.</exception>
    public void Save(IReadOnlyDictionary<string, List<CheckpointedPosition>> sinks)
    {
        var temporary = Path + ".tmp";

        // Only the last directory is made: the one before it is a mount, and where that is missing it must stay missed.
        if (Directory.GetParent(Path) is { Exists: false } directory)
        {
            if (directory.Parent is { Exists: false } mount)
            {
                throw new DirectoryNotFoundException($"{mount.FullName} does not exist.");
            }

            directory.Create();
        }

        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
        {
            using (var writer = new Utf8JsonWriter(stream))
            {
                Write(writer, sinks);
            }

            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, Path, overwrite: true);
    }

    private static void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, List<CheckpointedPosition>> sinks)
    {
        Span<byte> fingerprint = stackalloc byte[Fingerprint.MaxTextLength];
        writer.WriteStartObject();
        writer.WriteNumber("version", FormatVersion);
        writer.WriteStartObject("sinks");

        foreach (var (sink, positions) in sinks)
        {
            writer.WriteStartArray(sink);

            foreach (var position in positions)
            {
                writer.WriteStartObject();
                writer.WriteString("path", position.Path);
                writer.WriteNumber("device", position.Identity.Device);
                writer.WriteNumber("inode", position.Identity.Inode);
                _ = position.Fingerprint.TryFormat(fingerprint, out var length);
                writer.WriteString("fingerprint", fingerprint[..length]);
                writer.WriteNumber("offset", position.Offset);
                writer.WriteEndObject();

                if (writer.BytesPending > FlushBytes)
                {
                    writer.Flush();
                }
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static Dictionary<string, List<CheckpointedPosition>> Parse(byte[] content)
    {
        using var document = JsonDocument.Parse(content);
        var sinks = new Dictionary<string, List<CheckpointedPosition>>(StringComparer.Ordinal);

        if (document.RootElement.GetProperty("version").GetInt32() != FormatVersion)
        {
            throw new FormatException("It is of another version.");
        }

        foreach (var sink in document.RootElement.GetProperty("sinks").EnumerateObject())
        {
            var positions = new List<CheckpointedPosition>();

            foreach (var entry in sink.Value.EnumerateArray())
            {
                var offset = entry.GetProperty("offset").GetInt64();

                if (!Fingerprint.TryParse(entry.GetProperty("fingerprint").GetString(), out var fingerprint) || offset < 0)
                {
                    throw new FormatException("It holds a position that makes no sense.");
                }

                positions.Add(new CheckpointedPosition(
                    entry.GetProperty("path").GetString() ?? "",
                    new FileIdentity(entry.GetProperty("device").GetUInt64(), entry.GetProperty("inode").GetUInt64()),
                    fingerprint,
                    offset));
            }

            sinks[sink.Name] = positions;
        }

        return sinks;
    }

    private static partial class Log
    {
        [LoggerMessage(120, LogLevel.Warning, "The checkpoint {Path} is damaged ({Reason}); it is set aside as {Aside}, and reading begins where Tail:From says")]
        public static partial void Damaged(ILogger logger, string path, string reason, string aside);
    }
}
