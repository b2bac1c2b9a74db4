using MetricsRelay.Exposition;
using Snappier;

namespace MetricsRelay.Forwarding.RemoteWrite;

/// <summary>Builds remote write messages of a size that every receiver accepts.</summary>
/// <param name="onCompleted">Receives each compressed message with the time of its newest sample and its number of samples.</param>
internal abstract class WriteRequestBuilder(Action<byte[], long, int> onCompleted)
{
    /// <summary>The value that ends a series: a NaN with exactly these bits.</summary>
    public static readonly double StalenessMarker = BitConverter.Int64BitsToDouble(0x7FF0_0000_0000_0002);

    /// <summary>The uncompressed size at which a message is completed.</summary>
    protected const int MaxBytes = 1 << 20;

    private const int MaxSamples = 5000;

    private int _samples;
    private long _newestTime;

    /// <param name="labels">
    /// The <c>labels = 1</c> fields of a <c>TimeSeries</c> of version 1.0. The sample is omitted when they are empty.
    /// </param>
    /// <param name="value">The value.</param>
    /// <param name="milliseconds">The time, since 1970.</param>
    /// <param name="family">The family with the metadata of the series, or null.</param>
    /// <param name="exemplar">The text of the exemplar, or empty.</param>
    public void AddSample(ReadOnlySpan<byte> labels, double value, long milliseconds, Family? family, ReadOnlySpan<byte> exemplar)
    {
        if (labels.IsEmpty)
        {
            return;
        }

        // A NaN of the target must not have the bits of a staleness marker.
        if (double.IsNaN(value) && BitConverter.DoubleToInt64Bits(value) != BitConverter.DoubleToInt64Bits(StalenessMarker))
        {
            value = BitConverter.Int64BitsToDouble(0x7FF8_0000_0000_0001);
        }

        var bytes = AppendSample(labels, value, milliseconds, family, exemplar);
        _newestTime = Math.Max(_newestTime, milliseconds);
        if (++_samples == MaxSamples || bytes >= MaxBytes)
        {
            CompleteMessage();
        }
    }

    public void CompleteMessage()
    {
        if (_samples > 0)
        {
            onCompleted(Snappy.CompressToArray(TakeMessage()), _newestTime, _samples);
        }

        _samples = 0;
        _newestTime = 0;
    }

    /// <returns>The size of the message.</returns>
    protected abstract int AppendSample(
        ReadOnlySpan<byte> labels, double value, long milliseconds, Family? family, ReadOnlySpan<byte> exemplar);

    /// <summary>Returns the uncompressed message, valid until the next sample, and starts a new one.</summary>
    protected abstract ReadOnlySpan<byte> TakeMessage();
}
