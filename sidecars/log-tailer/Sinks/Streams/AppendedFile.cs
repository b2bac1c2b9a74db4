namespace LogTailer.Sinks.Streams;

/// <summary>A file that is appended to, made with its directory where it is missing, and opened again where it was moved away.</summary>
internal sealed class AppendedFile(string path) : IByteStream
{
    private FileStream? _stream;

    public string Name => path;

    public int Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (_stream is null || !File.Exists(path))
            {
                Open();
            }

            _stream!.Write(bytes);
            return bytes.Length;
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    public void Dispose() => _stream?.Dispose();

    private void Open()
    {
        _stream?.Dispose();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }
}
