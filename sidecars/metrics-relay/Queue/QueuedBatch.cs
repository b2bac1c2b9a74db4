namespace MetricsRelay.Queue;

/// <summary>A message that waits to be sent.</summary>
/// <param name="Number">Its position in the queue.</param>
/// <param name="Time">The time of the newest sample, milliseconds since 1970.</param>
/// <param name="Samples">The number of samples.</param>
/// <param name="Length">The number of bytes.</param>
/// <param name="Format">The format of the bytes; on disk, the extension of the file.</param>
/// <param name="Data">The bytes, or null when they are on disk.</param>
internal sealed record QueuedBatch(long Number, long Time, int Samples, long Length, string Format, byte[]? Data);
