namespace LogTailer.Sinks.Streams;

/// <summary>The reader at the other end is gone and does not come back.</summary>
internal sealed class BrokenStreamException(string message) : IOException(message);
