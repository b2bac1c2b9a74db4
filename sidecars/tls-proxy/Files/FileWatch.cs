using TlsProxy.Policies;

namespace TlsProxy.Files;

/// <summary>Opens the files that a route names, and tells of those that cannot be used beside everything else that is wrong.</summary>
internal sealed class FileWatch(MetadataReader reader, Problems problems, TimeProvider time)
{
    /// <summary>Null when it is refused; the reader has the reason.</summary>
    public WatchedFile<T>? Open<T>(string key, Func<byte[], T> parse)
        where T : class
    {
        if (reader.Text(key) is not { } path)
        {
            return null;
        }

        try
        {
            return new WatchedFile<T>(path, parse, problems, time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            reader.Refuse(key, $"cannot be used: {e.Message} Check the file and its mount.");
            return null;
        }
    }
}
