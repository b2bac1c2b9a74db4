using System.Buffers;
using MetricsRelay.Protobuf;

namespace MetricsRelay.Forwarding.Otlp;

/// <summary>
/// Builds OTLP messages (<c>opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest</c>) of a size that every collector
/// accepts.
/// </summary>
internal sealed class ExportRequestBuilder
{
    private const int MaxPoints = 5000;
    private const int MaxBytes = 1 << 20;

    private readonly MessageCompleted _onCompleted;
    private readonly ArrayBufferWriter<byte> _resource = new();
    private readonly ArrayBufferWriter<byte> _metrics = new();
    private readonly ArrayBufferWriter<byte> _points = new();
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private readonly ArrayBufferWriter<byte> _scopeMetrics = new();
    private readonly ArrayBufferWriter<byte> _message = new();
    private MetricDescriptor _descriptor;
    private int _pointCount;
    private long _newestTime;

    /// <param name="resource">The attributes of the resource.</param>
    /// <param name="instance">The <c>service.instance.id</c>, unless it is among the attributes.</param>
    /// <param name="onCompleted">Receives each message.</param>
    public ExportRequestBuilder(IReadOnlyDictionary<string, string> resource, string instance, MessageCompleted onCompleted)
    {
        const string InstanceAttribute = "service.instance.id";
        _onCompleted = onCompleted;
        var attributes = resource.ContainsKey(InstanceAttribute) ? resource : resource.Append(new(InstanceAttribute, instance));
        foreach (var (name, value) in attributes)
        {
            AttributeWriter.WriteAttribute(_resource, 1, name, value);
        }
    }

    /// <summary>Receives a message with the time of its newest point in milliseconds and its number of points.</summary>
    public delegate void MessageCompleted(ReadOnlySpan<byte> message, long time, int points);

    /// <summary>Starts a metric. The following points belong to it.</summary>
    public void BeginMetric(in MetricDescriptor descriptor)
    {
        if (descriptor != _descriptor)
        {
            EndMetric();
            _descriptor = descriptor;
        }
    }

    public void AddPoint(ReadOnlySpan<byte> point, long milliseconds)
    {
        ProtobufWriter.WriteBytes(_points, 1, point);
        _newestTime = Math.Max(_newestTime, milliseconds);
        if (++_pointCount >= MaxPoints || _metrics.WrittenCount + _points.WrittenCount >= MaxBytes)
        {
            CompleteMessage();
        }
    }

    public void CompleteMessage()
    {
        EndMetric();
        if (_pointCount == 0)
        {
            return;
        }

        // ScopeMetrics { scope = 1 { name = 1 }, metrics = 2 }
        _scopeMetrics.ResetWrittenCount();
        _scratch.ResetWrittenCount();
        ProtobufWriter.WriteBytes(_scratch, 1, "metrics-relay"u8);
        ProtobufWriter.WriteBytes(_scopeMetrics, 1, _scratch.WrittenSpan);
        _scopeMetrics.Write(_metrics.WrittenSpan);

        // ExportMetricsServiceRequest { resource_metrics = 1 { resource = 1 { attributes = 1 }, scope_metrics = 2 } }
        _scratch.ResetWrittenCount();
        ProtobufWriter.WriteBytes(_scratch, 1, _resource.WrittenSpan);
        ProtobufWriter.WriteBytes(_scratch, 2, _scopeMetrics.WrittenSpan);
        _message.ResetWrittenCount();
        ProtobufWriter.WriteBytes(_message, 1, _scratch.WrittenSpan);
        _onCompleted(_message.WrittenSpan, _newestTime, _pointCount);
        _metrics.ResetWrittenCount();
        (_pointCount, _newestTime) = (0, 0);
    }

    private void EndMetric()
    {
        if (_points.WrittenCount == 0)
        {
            return;
        }

        // Metric { name = 1, description = 2, unit = 3, gauge = 5 | sum = 7 | histogram = 9 | summary = 11 }
        _scratch.ResetWrittenCount();
        ProtobufWriter.WriteText(_scratch, 1, _descriptor.Name);
        if (_descriptor.Help.Length > 0)
        {
            ProtobufWriter.WriteBytes(_scratch, 2, _descriptor.Help);
        }

        if (_descriptor.Unit.Length > 0)
        {
            ProtobufWriter.WriteText(_scratch, 3, _descriptor.Unit);
        }

        if (_descriptor.DataKind is MetricDataKind.Sum or MetricDataKind.Histogram)
        {
            const int Cumulative = 2;
            ProtobufWriter.WriteNumber(_points, 2, Cumulative);
        }

        if (_descriptor.IsMonotonic)
        {
            ProtobufWriter.WriteNumber(_points, 3, 1);
        }

        ProtobufWriter.WriteBytes(_scratch, (int)_descriptor.DataKind, _points.WrittenSpan);
        ProtobufWriter.WriteBytes(_metrics, 2, _scratch.WrittenSpan);
        _points.ResetWrittenCount();
    }
}
