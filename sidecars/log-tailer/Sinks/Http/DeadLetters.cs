using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LogTailer.Sinks.Http;

/// <summary>Keeps lines that a store refuses for good, each with where it stood and why it was refused: a JSON object a line.</summary>
internal sealed class DeadLetters(string path, TimeProvider time)
{
    private readonly Lock _lock = new();

    public string Path => path;

    /// <summary>Writes one line down.</summary>
    /// <exception cref="IOException">It cannot be written; the line must not be acknowledged.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public void Write(string sink, LineBatch batch, int index, string reason)
    {
        var source = batch.Source(index);
        var entry = new MemoryStream();

        using (var json = new Utf8JsonWriter(entry))
        {
            json.WriteStartObject();
            json.WriteString("timestamp", time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("sink", sink);
            json.WriteString("reason", reason);
            json.WriteString("path", source.File.Path);
            json.WriteNumber("offset", source.Offset);
            json.WriteString("line", Encoding.UTF8.GetString(batch[index]));
            json.WriteEndObject();
        }

        entry.WriteByte((byte)'\n');

        // Several sinks share the file.
        lock (_lock)
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            using var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            stream.Write(entry.GetBuffer().AsSpan(0, (int)entry.Length));
            stream.Flush(flushToDisk: true);
        }
    }
}
