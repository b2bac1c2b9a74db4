namespace LogTailer.Sinks.Streams;

/// <summary>An output for bytes; writes block.</summary>
internal interface IByteStream : IDisposable
{
    /// <summary>The name for status and problems: <c>stdout</c>, or the path of the file.</summary>
    string Name { get; }

    /// <summary>Writes at least one of the bytes.</summary>
    /// <returns>The number of bytes written.</returns>
    /// <exception cref="IOException">Nothing was written.</exception>
    int WriteBytes(ReadOnlySpan<byte> bytes);
}
