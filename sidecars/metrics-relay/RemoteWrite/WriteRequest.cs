using MetricsRelay.Exposition;

namespace MetricsRelay.RemoteWrite;

/// <summary>Builds the messages of remote write, each of a size that every receiver takes.</summary>
/// <param name="finished">Takes each compressed message with its newest time and its number of samples.</param>
internal abstract class WriteRequest(Action<byte[], long, int> finished)
{
    /// <summary>The value that ends a series: a NaN with these very bits.</summary>
    public static readonly double Stale = BitConverter.Int64BitsToDouble(0x7FF0_0000_0000_0002);

    /// <summary>Bytes, uncompressed, beyond which a message is full.</summary>
    protected const int MaxBytes = 1 << 20;

    private const int MaxSamples = 5000;

    private int _samples;
    private long _newest;

    /// <summary>Adds a sample.</summary>
    /// <param name="labels">The series: the fields 1 of a <c>TimeSeries</c> of version 1.0.</param>
    /// <param name="value">Its value.</param>
    /// <param name="milliseconds">Its time, since 1970.</param>
    /// <param name="family">What says which type the series has.</param>
    /// <param name="exemplar">Its exemplar's text, empty for none.</param>
    public void Add(ReadOnlySpan<byte> labels, double value, long milliseconds, Family? family, ReadOnlySpan<byte> exemplar)
    {
        if (labels.IsEmpty)
        {
            return;
        }

        // A NaN of a target's own must not be taken for the end of the series.
        if (double.IsNaN(value) && BitConverter.DoubleToInt64Bits(value) != BitConverter.DoubleToInt64Bits(Stale))
        {
            value = BitConverter.Int64BitsToDouble(0x7FF8_0000_0000_0001);
        }

        var bytes = Append(labels, value, milliseconds, family, exemplar);
        _newest = Math.Max(_newest, milliseconds);
        if (++_samples == MaxSamples || bytes >= MaxBytes)
        {
            Finish();
        }
    }

    public void Finish()
    {
        if (_samples > 0)
        {
            finished(Snappy.Compress(TakeMessage()), _newest, _samples);
        }

        _samples = 0;
        _newest = 0;
    }

    /// <returns>How many bytes the message has now.</returns>
    protected abstract int Append(
        ReadOnlySpan<byte> labels, double value, long milliseconds, Family? family, ReadOnlySpan<byte> exemplar);

    /// <summary>The message, uncompressed, valid until the next sample; what follows begins a new one.</summary>
    protected abstract ReadOnlySpan<byte> TakeMessage();
}
