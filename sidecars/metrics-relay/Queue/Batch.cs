namespace MetricsRelay.Queue;

/// <summary>Samples that are sent together.</summary>
/// <param name="Number">Its place in the queue.</param>
/// <param name="Time">The newest sample's time, milliseconds since 1970.</param>
/// <param name="Samples">How many samples.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Format">What the bytes are; on disk it is the file's extension.</param>
/// <param name="Data">The bytes, null where they are on disk.</param>
internal sealed record Batch(long Number, long Time, int Samples, long Length, string Format, byte[]? Data);
