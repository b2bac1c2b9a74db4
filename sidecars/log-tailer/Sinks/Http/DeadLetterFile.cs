using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LogTailer.Sinks.Http;

/// <summary>Stores the lines that a store rejects permanently, with their origin and the reason, as one JSON object per line.</summary>
internal sealed class DeadLetterFile(string path, TimeProvider time)
{
    private readonly Lock _lock = new();

    public string Path => path;

    /// <summary>Appends one line of a batch.</summary>
    /// <exception cref="IOException">The file cannot be written; the line must not be acknowledged.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be written; the line must not be acknowledged.</exception>
    public void AppendLine(string sink, LineBatch batch, int index, string reason)
    {
        var origin = batch.GetOrigin(index);
        var entry = new MemoryStream();

        using (var json = new Utf8JsonWriter(entry))
        {
            json.WriteStartObject();
            json.WriteString(
                "timestamp", time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("sink", sink);
            json.WriteString("reason", reason);
            json.WriteString("path", origin.File.Path);
            json.WriteNumber("offset", origin.Offset);
            json.WriteString("line", Encoding.UTF8.GetString(batch[index]));
            json.WriteEndObject();
        }

        entry.WriteByte((byte)'\n');

        // The sinks share the file.
        lock (_lock)
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            using var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            stream.Write(entry.GetBuffer().AsSpan(0, (int)entry.Length));
            stream.Flush(flushToDisk: true);
        }
    }
}
