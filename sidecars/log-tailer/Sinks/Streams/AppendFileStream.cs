namespace LogTailer.Sinks.Streams;

/// <summary>Appends to a file. The file and its directory are created when missing, also after the file was moved away.</summary>
internal sealed class AppendFileStream(string path) : IByteStream
{
    private FileStream? _stream;

    public string Name => path;

    public int WriteBytes(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (_stream is null || !File.Exists(path))
            {
                OpenFile();
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

    private void OpenFile()
    {
        _stream?.Dispose();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }
}
