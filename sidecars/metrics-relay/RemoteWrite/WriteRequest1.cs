using System.Buffers;
using MetricsRelay.Exposition;
using MetricsRelay.Forward;

namespace MetricsRelay.RemoteWrite;

/// <summary>
/// Messages of Prometheus remote write 1.0: <c>prometheus.WriteRequest { repeated TimeSeries timeseries = 1 }</c>. They
/// have no place for types and exemplars.
/// </summary>
internal sealed class WriteRequest1(Action<byte[], long, int> finished) : WriteRequest(finished)
{
    private readonly ArrayBufferWriter<byte> _message = new();
    private readonly ArrayBufferWriter<byte> _series = new();
    private readonly ArrayBufferWriter<byte> _sample = new();
    private bool _taken;

    protected override int Append(
        ReadOnlySpan<byte> labels, double value, long milliseconds, Family? family, ReadOnlySpan<byte> exemplar)
    {
        if (_taken)
        {
            _message.ResetWrittenCount();
            _taken = false;
        }

        _sample.ResetWrittenCount();
        ProtoWriter.Double(_sample, 1, value);
        ProtoWriter.Number(_sample, 2, milliseconds);
        _series.ResetWrittenCount();
        _series.Write(labels);
        ProtoWriter.Bytes(_series, 2, _sample.WrittenSpan);
        ProtoWriter.Bytes(_message, 1, _series.WrittenSpan);
        return _message.WrittenCount;
    }

    protected override ReadOnlySpan<byte> TakeMessage()
    {
        _taken = true;
        return _message.WrittenSpan;
    }
}
