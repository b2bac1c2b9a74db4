using System.Buffers;

namespace MetricsRelay.RemoteWrite;

/// <summary>
/// Builds the messages of Prometheus remote write 1.0
/// (<c>WriteRequest { repeated TimeSeries timeseries = 1 }</c>), each of a size that every receiver takes.
/// </summary>
/// <param name="finished">Takes each compressed message with its newest time and its number of samples.</param>
internal sealed class WriteRequest(Action<byte[], long, int> finished)
{
    /// <summary>The value that ends a series: a NaN with these very bits.</summary>
    public static readonly double Stale = BitConverter.Int64BitsToDouble(0x7FF0_0000_0000_0002);

    private const int MaxSamples = 5000;
    private const int MaxBytes = 1 << 20;

    private readonly ArrayBufferWriter<byte> _message = new();
    private readonly ArrayBufferWriter<byte> _series = new();
    private readonly ArrayBufferWriter<byte> _sample = new();
    private int _samples;
    private long _newest;

    public void Add(ReadOnlySpan<byte> labels, double value, long milliseconds)
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

        _sample.ResetWrittenCount();
        ProtoWriter.Double(_sample, 1, value);
        ProtoWriter.Number(_sample, 2, milliseconds);
        _series.ResetWrittenCount();
        _series.Write(labels);
        ProtoWriter.Bytes(_series, 2, _sample.WrittenSpan);
        ProtoWriter.Bytes(_message, 1, _series.WrittenSpan);
        _newest = Math.Max(_newest, milliseconds);
        if (++_samples == MaxSamples || _message.WrittenCount >= MaxBytes)
        {
            Finish();
        }
    }

    public void Finish()
    {
        if (_samples > 0)
        {
            finished(Snappy.Compress(_message.WrittenSpan), _newest, _samples);
        }

        _message.ResetWrittenCount();
        _samples = 0;
        _newest = 0;
    }
}
