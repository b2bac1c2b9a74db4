using System.Buffers;
using MetricsRelay.Exposition;
using MetricsRelay.Protobuf;

namespace MetricsRelay.Forwarding.RemoteWrite;

/// <summary>
/// Builds messages of Prometheus remote write 1.0: <c>prometheus.WriteRequest { repeated TimeSeries timeseries = 1 }</c>. The relay
/// sends types and exemplars only with version 2.0.
/// </summary>
internal sealed class WriteRequestV1Builder(Action<byte[], long, int> onCompleted) : WriteRequestBuilder(onCompleted)
{
    private readonly ArrayBufferWriter<byte> _message = new();
    private readonly ArrayBufferWriter<byte> _series = new();
    private readonly ArrayBufferWriter<byte> _sample = new();
    private bool _isTaken;

    protected override int AppendSample(
        ReadOnlySpan<byte> labels, double value, long milliseconds, Family? family, ReadOnlySpan<byte> exemplar)
    {
        if (_isTaken)
        {
            _message.ResetWrittenCount();
            _isTaken = false;
        }

        _sample.ResetWrittenCount();
        ProtobufWriter.WriteDouble(_sample, 1, value);
        ProtobufWriter.WriteNumber(_sample, 2, milliseconds);
        _series.ResetWrittenCount();
        _series.Write(labels);
        ProtobufWriter.WriteBytes(_series, 2, _sample.WrittenSpan);
        ProtobufWriter.WriteBytes(_message, 1, _series.WrittenSpan);
        return _message.WrittenCount;
    }

    protected override ReadOnlySpan<byte> TakeMessage()
    {
        _isTaken = true;
        return _message.WrittenSpan;
    }
}
