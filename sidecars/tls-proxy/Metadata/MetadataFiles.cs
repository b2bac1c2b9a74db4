using TlsProxy.Files;

namespace TlsProxy.Metadata;

/// <summary>Opens the files referenced by the metadata of a route. A file that cannot be used becomes an error of the metadata.</summary>
internal sealed class MetadataFiles(RouteMetadata metadata, Problems problems, TimeProvider time)
{
    /// <returns>Null when the key is missing or the file cannot be used; the metadata then holds the error.</returns>
    public WatchedFile<T>? OpenFile<T>(string key, Func<byte[], T> parse)
        where T : class
    {
        if (metadata.GetText(key) is not { } path)
        {
            return null;
        }

        try
        {
            return new WatchedFile<T>(path, parse, problems, time);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            metadata.AddError(key, $"cannot be used: {exception.Message} Check the file and its mount.");
            return null;
        }
    }
}
