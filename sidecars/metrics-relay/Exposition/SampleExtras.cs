namespace MetricsRelay.Exposition;

/// <summary>The optional parts of a sample, which few samples have.</summary>
/// <param name="Timestamp">Milliseconds since 1970, or <see cref="Sample.NoTimestamp"/>.</param>
/// <param name="ExemplarStart">The position of the exemplar's text in the buffer, or -1.</param>
internal readonly record struct SampleExtras(long Timestamp, int ExemplarStart)
{
    public static readonly SampleExtras None = new(Sample.NoTimestamp, -1);
}
