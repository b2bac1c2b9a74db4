namespace MetricsRelay.Exposition;

/// <summary>What few samples have beside their value.</summary>
/// <param name="Timestamp">Milliseconds since 1970, or <see cref="Sample.NoTimestamp"/>.</param>
/// <param name="Exemplar">Where the exemplar's text begins in the snapshot, or -1.</param>
internal readonly record struct SampleExtra(long Timestamp, int Exemplar)
{
    /// <summary>Neither of them.</summary>
    public static readonly SampleExtra None = new(Sample.NoTimestamp, -1);
}
