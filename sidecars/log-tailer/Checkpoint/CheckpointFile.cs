using System.Globalization;
using System.Text.Json;
using LogTailer.Files;

namespace LogTailer.Checkpoint;

/// <summary>The checkpoint on disk: the positions of each sink in its files. It is replaced atomically.</summary>
internal sealed partial class CheckpointFile(string path, TimeProvider time, ILogger<CheckpointFile> logger)
{
    private const int FormatVersion = 1;

    /// <summary>With thousands of files the text is large, so it is written in parts.</summary>
    private const int FlushBytes = 32 * 1024;

    /// <summary>The path of the file.</summary>
    public string Path { get; } = path;

    /// <summary>Reads the positions of every sink. A damaged file is renamed with a warning, and the result is empty.</summary>
    /// <exception cref="IOException">
    /// The file exists but cannot be read. To continue without it would ship every line a second time.
    /// </exception>
    public Dictionary<string, List<CheckpointedPosition>> LoadPositions()
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
            return ParsePositions(content);
        }
        catch (Exception exception)
            when (exception is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            var renamedPath = $"{Path}.damaged-{time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture)}";
            File.Move(Path, renamedPath);
            Log.CheckpointDamaged(logger, Path, exception.Message, renamedPath);
            return new Dictionary<string, List<CheckpointedPosition>>(StringComparer.Ordinal);
        }
    }

    /// <summary>Writes the positions of every sink: to a temporary file, then fsync and rename.</summary>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory is not writable.</exception>
    public void SavePositions(IReadOnlyDictionary<string, List<CheckpointedPosition>> sinks)
    {
        var temporary = Path + ".tmp";

        // Only the last directory is created. Its parent is a mount point, and a missing mount must stay visible as an error.
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
                WriteJson(writer, sinks);
            }

            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, Path, overwrite: true);
    }

    private static void WriteJson(Utf8JsonWriter writer, IReadOnlyDictionary<string, List<CheckpointedPosition>> sinks)
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

    private static Dictionary<string, List<CheckpointedPosition>> ParsePositions(byte[] content)
    {
        using var document = JsonDocument.Parse(content);
        var sinks = new Dictionary<string, List<CheckpointedPosition>>(StringComparer.Ordinal);

        if (document.RootElement.GetProperty("version").GetInt32() != FormatVersion)
        {
            throw new FormatException("It has another format version.");
        }

        foreach (var sink in document.RootElement.GetProperty("sinks").EnumerateObject())
        {
            var positions = new List<CheckpointedPosition>();

            foreach (var entry in sink.Value.EnumerateArray())
            {
                var offset = entry.GetProperty("offset").GetInt64();

                if (!Fingerprint.TryParse(entry.GetProperty("fingerprint").GetString(), out var fingerprint) || offset < 0)
                {
                    throw new FormatException("It contains an invalid position.");
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
        [LoggerMessage(
            120, LogLevel.Warning, "Checkpoint {Path} is damaged ({Reason}); renamed to {RenamedPath}, reading starts as set by Tail:From")]
        public static partial void CheckpointDamaged(ILogger logger, string path, string reason, string renamedPath);
    }
}
