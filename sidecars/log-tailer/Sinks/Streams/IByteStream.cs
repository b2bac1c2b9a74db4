namespace LogTailer.Sinks.Streams;

/// <summary>Something that bytes are written to, blocking.</summary>
internal interface IByteStream : IDisposable
{
    /// <summary>What it is, for people: <c>stdout</c>, or the file's path.</summary>
    string Name { get; }

    /// <summary>Writes some of the bytes, at least one.</summary>
    /// <returns>How many have been written.</returns>
    /// <exception cref="IOException">Nothing has been written.</exception>
    int Write(ReadOnlySpan<byte> bytes);
}
