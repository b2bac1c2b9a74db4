using System.Buffers;
using MetricsRelay.Forward;

namespace MetricsRelay.Otlp;

/// <summary>
/// Builds the messages of OTLP (<c>opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest</c>), each of a size
/// that every collector takes.
/// </summary>
internal sealed class MetricsMessage
{
    private const int MaxPoints = 5000;
    private const int MaxBytes = 1 << 20;

    private readonly Finished _finished;
    private readonly ArrayBufferWriter<byte> _resource = new();
    private readonly ArrayBufferWriter<byte> _metrics = new();
    private readonly ArrayBufferWriter<byte> _points = new();
    private readonly ArrayBufferWriter<byte> _metric = new();
    private readonly ArrayBufferWriter<byte> _outer = new();
    private readonly ArrayBufferWriter<byte> _message = new();
    private MetricHead _head;
    private int _count;
    private long _newest;

    /// <param name="resource">Attributes of the resource.</param>
    /// <param name="instance">What <c>service.instance.id</c> is where they do not say.</param>
    /// <param name="finished">Takes each message.</param>
    public MetricsMessage(IReadOnlyDictionary<string, string> resource, string instance, Finished finished)
    {
        const string Instance = "service.instance.id";
        _finished = finished;
        var attributes = resource.ContainsKey(Instance) ? resource : resource.Append(new(Instance, instance));
        foreach (var (name, value) in attributes)
        {
            OtlpAttribute.Write(_resource, 1, name, value);
        }
    }

    /// <summary>Takes a message, with its newest time in milliseconds and its number of points.</summary>
    public delegate void Finished(ReadOnlySpan<byte> message, long time, int points);

    /// <summary>Begins a metric: the points that follow are its own.</summary>
    public void Begin(in MetricHead head)
    {
        if (head != _head)
        {
            EndMetric();
            _head = head;
        }
    }

    public void Add(ReadOnlySpan<byte> point, long milliseconds)
    {
        ProtoWriter.Bytes(_points, 1, point);
        _newest = Math.Max(_newest, milliseconds);
        if (++_count >= MaxPoints || _metrics.WrittenCount + _points.WrittenCount >= MaxBytes)
        {
            Finish();
        }
    }

    public void Finish()
    {
        EndMetric();
        if (_count == 0)
        {
            return;
        }

        // ScopeMetrics { scope = 1 { name = 1 }, metrics = 2 }
        _outer.ResetWrittenCount();
        _metric.ResetWrittenCount();
        ProtoWriter.Bytes(_metric, 1, "metrics-relay"u8);
        ProtoWriter.Bytes(_outer, 1, _metric.WrittenSpan);
        _outer.Write(_metrics.WrittenSpan);

        // ExportMetricsServiceRequest { resource_metrics = 1 { resource = 1 { attributes = 1 }, scope_metrics = 2 } }
        _metric.ResetWrittenCount();
        ProtoWriter.Bytes(_metric, 1, _resource.WrittenSpan);
        ProtoWriter.Bytes(_metric, 2, _outer.WrittenSpan);
        _message.ResetWrittenCount();
        ProtoWriter.Bytes(_message, 1, _metric.WrittenSpan);
        _finished(_message.WrittenSpan, _newest, _count);
        _metrics.ResetWrittenCount();
        (_count, _newest) = (0, 0);
    }

    private void EndMetric()
    {
        if (_points.WrittenCount == 0)
        {
            return;
        }

        // Metric { name = 1, description = 2, unit = 3, gauge = 5 | sum = 7 | histogram = 9 | summary = 11 }
        _metric.ResetWrittenCount();
        ProtoWriter.Text(_metric, 1, _head.Name);
        if (_head.Help.Length > 0)
        {
            ProtoWriter.Bytes(_metric, 2, _head.Help);
        }

        if (_head.Unit.Length > 0)
        {
            ProtoWriter.Text(_metric, 3, _head.Unit);
        }

        if (_head.Data is MetricData.Sum or MetricData.Histogram)
        {
            const int Cumulative = 2;
            ProtoWriter.Number(_points, 2, Cumulative);
        }

        if (_head.Monotonic)
        {
            ProtoWriter.Number(_points, 3, 1);
        }

        ProtoWriter.Bytes(_metric, (int)_head.Data, _points.WrittenSpan);
        ProtoWriter.Bytes(_metrics, 2, _metric.WrittenSpan);
        _points.ResetWrittenCount();
    }
}
