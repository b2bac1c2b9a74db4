namespace LogTailer.Sinks.Streams;

/// <summary>The reader has closed the stream permanently.</summary>
internal sealed class BrokenStreamException(string message) : IOException(message);
