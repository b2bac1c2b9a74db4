using System.Buffers;
using System.Buffers.Binary;
using MetricsRelay.Exposition;
using MetricsRelay.Forward;

namespace MetricsRelay.Otlp;

/// <summary>Writes the points of one catalog's series: <c>NumberDataPoint</c>, <c>HistogramDataPoint</c>, <c>SummaryDataPoint</c>.</summary>
internal sealed class PointWriter(Catalog catalog)
{
    private const int StartTime = 2;
    private const int Time = 3;
    private const int NoRecordedValue = 1;

    private readonly ArrayBufferWriter<byte> _point = new();
    private readonly ArrayBufferWriter<byte> _part = new();
    private readonly NewExemplars _exemplars = new();
    private readonly List<Label> _labels = [];

    /// <summary>What tells whether a metric began anew, and since when it counts as far as the target says so.</summary>
    /// <returns>The total or the count, NaN without; milliseconds since 1970, 0 without.</returns>
    public (double Value, long Created) Measure(ReadOnlySpan<Sample> samples)
    {
        var (value, created) = (double.NaN, 0L);
        foreach (ref readonly var sample in samples)
        {
            switch (catalog.Series[sample.Series].OutputKind)
            {
                case SampleKind.Total or SampleKind.Count:
                    value = sample.Value;
                    break;
                case SampleKind.Created:
                    created = (long)Math.Round(sample.Value * 1000);
                    break;
                case SampleKind.Bucket when double.IsNaN(value) && double.IsPositiveInfinity(catalog.Series[sample.Series].Bound):
                    value = sample.Value;
                    break;
            }
        }

        return (value, created);
    }

    public string NameOf(int series) => LabelText.ReadSeries(catalog.OutputText(in catalog.Series[series]), _labels);

    public ReadOnlySpan<byte> Write(MetricData data, ReadOnlySpan<Sample> samples, Snapshot snapshot, long start, long time) => data switch
    {
        MetricData.Histogram => WriteHistogram(samples, snapshot, start, time),
        MetricData.Summary => WriteSummary(samples, start, time),
        _ => WriteCounter(samples, snapshot, start, time),
    };

    /// <summary>A single value.</summary>
    public ReadOnlySpan<byte> WriteNumber(in Sample sample, long start, long time)
    {
        Begin(MetricData.Gauge, sample.Series, start, time);
        ProtoWriter.Double(_point, 4, sample.Value);
        return _point.WrittenSpan;
    }

    /// <summary>The point that says that there are no more.</summary>
    public ReadOnlySpan<byte> WriteEnd(MetricData data, int series, long start, long time)
    {
        Begin(data, series, Math.Min(start, time), time);
        ProtoWriter.Number(_point, data == MetricData.Histogram ? 10 : 8, NoRecordedValue);
        return _point.WrittenSpan;
    }

    private ReadOnlySpan<byte> WriteCounter(ReadOnlySpan<Sample> samples, Snapshot snapshot, long start, long time)
    {
        Begin(MetricData.Sum, samples[0].Series, start, time);
        foreach (ref readonly var sample in samples)
        {
            if (catalog.Series[sample.Series].OutputKind == SampleKind.Total)
            {
                ProtoWriter.Double(_point, 4, sample.Value);
                WriteExemplar(5, snapshot, sample, time);
            }
        }

        return _point.WrittenSpan;
    }

    private ReadOnlySpan<byte> WriteHistogram(ReadOnlySpan<Sample> samples, Snapshot snapshot, long start, long time)
    {
        Begin(MetricData.Histogram, samples[0].Series, start, time);
        var count = 0.0;
        var below = 0.0;
        var buckets = 0;
        foreach (ref readonly var sample in samples)
        {
            var kind = catalog.Series[sample.Series].OutputKind;
            if (kind == SampleKind.Bucket)
            {
                buckets++;
                count = sample.Value;
                WriteExemplar(8, snapshot, sample, time);
            }
            else if (kind == SampleKind.Count)
            {
                count = sample.Value;
            }
            else if (kind == SampleKind.Sum)
            {
                ProtoWriter.Double(_point, 5, sample.Value);
            }
        }

        Fixed(_point, 4, Whole(count));
        _part.ResetWrittenCount();
        foreach (ref readonly var sample in samples)
        {
            if (catalog.Series[sample.Series].OutputKind == SampleKind.Bucket)
            {
                // Prometheus' buckets hold all that is below their bound, OTLP's what is between two bounds.
                Raw(_part, (long)(Whole(sample.Value) - Whole(below)));
                below = sample.Value;
            }
        }

        if (buckets > 0)
        {
            ProtoWriter.Bytes(_point, 6, _part.WrittenSpan);
        }

        _part.ResetWrittenCount();
        foreach (ref readonly var sample in samples)
        {
            ref readonly var series = ref catalog.Series[sample.Series];
            if (series.OutputKind == SampleKind.Bucket && !double.IsPositiveInfinity(series.Bound))
            {
                Raw(_part, BitConverter.DoubleToInt64Bits(series.Bound));
            }
        }

        if (buckets > 1)
        {
            ProtoWriter.Bytes(_point, 7, _part.WrittenSpan);
        }

        return _point.WrittenSpan;
    }

    private ReadOnlySpan<byte> WriteSummary(ReadOnlySpan<Sample> samples, long start, long time)
    {
        Begin(MetricData.Summary, samples[0].Series, start, time);
        foreach (ref readonly var sample in samples)
        {
            ref readonly var series = ref catalog.Series[sample.Series];
            switch (series.OutputKind)
            {
                case SampleKind.Count:
                    Fixed(_point, 4, Whole(sample.Value));
                    break;
                case SampleKind.Sum:
                    ProtoWriter.Double(_point, 5, sample.Value);
                    break;
                case SampleKind.Quantile:
                    _part.ResetWrittenCount();
                    ProtoWriter.Double(_part, 1, series.Bound);
                    ProtoWriter.Double(_part, 2, sample.Value);
                    ProtoWriter.Bytes(_point, 6, _part.WrittenSpan);
                    break;
            }
        }

        return _point.WrittenSpan;
    }

    private void Begin(MetricData data, int series, long start, long time)
    {
        _point.ResetWrittenCount();
        Fixed(_point, StartTime, Nanoseconds(start));
        Fixed(_point, Time, Nanoseconds(time));
        LabelText.ReadSeries(catalog.OutputText(in catalog.Series[series]), _labels);
        foreach (var label in _labels)
        {
            // A bound is part of the point, unless the series is a point of its own.
            if (!(label.Name == "le" && data == MetricData.Histogram) && !(label.Name == "quantile" && data == MetricData.Summary))
            {
                OtlpAttribute.Write(_point, data == MetricData.Histogram ? 9 : 7, label.Name, label.Value);
            }
        }
    }

    // Exemplar { time_unix_nano = 2, as_double = 3, span_id = 4, trace_id = 5, filtered_attributes = 7 }
    private void WriteExemplar(int field, Snapshot snapshot, in Sample sample, long time)
    {
        var text = _exemplars.Of(snapshot, sample);
        if (text.IsEmpty)
        {
            return;
        }

        var exemplar = Exemplar.Read(text, _labels);
        var written = new ArrayBufferWriter<byte>();
        Fixed(written, 2, Nanoseconds(exemplar.Timestamp ?? time));
        ProtoWriter.Double(written, 3, exemplar.Value);
        foreach (var label in _labels)
        {
            var (id, length) = label.Name switch { "span_id" => (4, 8), "trace_id" => (5, 16), _ => (0, 0) };
            if (id > 0 && label.Value.Length == 2 * length && label.Value.All(char.IsAsciiHexDigit))
            {
                ProtoWriter.Bytes(written, id, Convert.FromHexString(label.Value));
            }
            else
            {
                OtlpAttribute.Write(written, 7, label.Name, label.Value);
            }
        }

        ProtoWriter.Bytes(_point, field, written.WrittenSpan);
    }

    private static ulong Nanoseconds(long milliseconds) => (ulong)Math.Max(0, milliseconds) * 1_000_000;

    private static ulong Whole(double count) => count switch
    {
        >= ulong.MaxValue => ulong.MaxValue,
        > 0 => (ulong)count,
        _ => 0,
    };

    private static void Fixed(IBufferWriter<byte> output, int field, ulong value)
    {
        ProtoWriter.Varint(output, (uint)((field << 3) | 1));
        Raw(output, (long)value);
    }

    private static void Raw(IBufferWriter<byte> output, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }
}
