using System.Buffers;
using MetricsRelay.Exposition;
using MetricsRelay.Protobuf;

namespace MetricsRelay.Forwarding.Otlp;

/// <summary>Writes the points of one catalog: <c>NumberDataPoint</c>, <c>HistogramDataPoint</c>, <c>SummaryDataPoint</c>.</summary>
internal sealed class DataPointWriter(SeriesCatalog catalog)
{
    private const int StartTimeField = 2;
    private const int TimeField = 3;
    private const int NoRecordedValueFlag = 1;

    private readonly ArrayBufferWriter<byte> _point = new();
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private readonly ExemplarDeduplicator _exemplars = new();
    private readonly List<Label> _labels = [];

    /// <summary>Reads the value that reveals a counter reset, and the creation time if the target exposes one.</summary>
    /// <returns>The total or the count, or NaN; milliseconds since 1970, or 0.</returns>
    public (double Value, long Created) ReadTotal(ReadOnlySpan<Sample> samples)
    {
        var (value, created) = (double.NaN, 0L);
        foreach (ref readonly var sample in samples)
        {
            ref readonly var series = ref catalog.Series[sample.SeriesId];
            switch (series.OutputKind)
            {
                case SampleKind.Total or SampleKind.Count:
                    value = sample.Value;
                    break;
                case SampleKind.Created:
                    created = (long)Math.Round(sample.Value * 1000);
                    break;
                case SampleKind.Bucket when double.IsNaN(value) && double.IsPositiveInfinity(series.Bound):
                    value = sample.Value;
                    break;
            }
        }

        return (value, created);
    }

    /// <summary>The name under which a series is relayed.</summary>
    public string ReadName(int seriesId) => LabelText.ParseSeries(catalog.Outputs.GetText(in catalog.Series[seriesId]), _labels);

    public ReadOnlySpan<byte> WritePoint(
        MetricDataKind kind, ReadOnlySpan<Sample> samples, ScrapeBuffer buffer, long start, long time) => kind switch
    {
        MetricDataKind.Histogram => WriteHistogram(samples, buffer, start, time),
        MetricDataKind.Summary => WriteSummary(samples, start, time),
        _ => WriteCounter(samples, buffer, start, time),
    };

    public ReadOnlySpan<byte> WriteSinglePoint(in Sample sample, long start, long time)
    {
        BeginPoint(MetricDataKind.Gauge, sample.SeriesId, start, time);
        ProtobufWriter.WriteDouble(_point, 4, sample.Value);
        return _point.WrittenSpan;
    }

    /// <summary>Writes the point that ends the series: it has no recorded value.</summary>
    public ReadOnlySpan<byte> WriteEndPoint(MetricDataKind kind, int seriesId, long start, long time)
    {
        BeginPoint(kind, seriesId, Math.Min(start, time), time);
        ProtobufWriter.WriteNumber(_point, kind == MetricDataKind.Histogram ? 10 : 8, NoRecordedValueFlag);
        return _point.WrittenSpan;
    }

    private ReadOnlySpan<byte> WriteCounter(ReadOnlySpan<Sample> samples, ScrapeBuffer buffer, long start, long time)
    {
        BeginPoint(MetricDataKind.Sum, samples[0].SeriesId, start, time);
        foreach (ref readonly var sample in samples)
        {
            if (catalog.Series[sample.SeriesId].OutputKind == SampleKind.Total)
            {
                ProtobufWriter.WriteDouble(_point, 4, sample.Value);
                WriteExemplar(5, buffer, sample, time);
            }
        }

        return _point.WrittenSpan;
    }

    private ReadOnlySpan<byte> WriteHistogram(ReadOnlySpan<Sample> samples, ScrapeBuffer buffer, long start, long time)
    {
        BeginPoint(MetricDataKind.Histogram, samples[0].SeriesId, start, time);
        var count = 0.0;
        var buckets = 0;
        foreach (ref readonly var sample in samples)
        {
            var kind = catalog.Series[sample.SeriesId].OutputKind;
            if (kind == SampleKind.Bucket)
            {
                buckets++;
                count = sample.Value;
                WriteExemplar(8, buffer, sample, time);
            }
            else if (kind == SampleKind.Count)
            {
                count = sample.Value;
            }
            else if (kind == SampleKind.Sum)
            {
                ProtobufWriter.WriteDouble(_point, 5, sample.Value);
            }
        }

        ProtobufWriter.WriteFixed64(_point, 4, ToCount(count));
        if (buckets > 0)
        {
            EncodeBucketCounts(samples);
            ProtobufWriter.WriteBytes(_point, 6, _scratch.WrittenSpan);
        }

        if (buckets > 1)
        {
            EncodeBounds(samples);
            ProtobufWriter.WriteBytes(_point, 7, _scratch.WrittenSpan);
        }

        return _point.WrittenSpan;
    }

    // A bucket of Prometheus counts everything below its bound, a bucket of OTLP only what lies between two bounds.
    private void EncodeBucketCounts(ReadOnlySpan<Sample> samples)
    {
        var below = 0.0;
        _scratch.ResetWrittenCount();
        foreach (ref readonly var sample in samples)
        {
            if (catalog.Series[sample.SeriesId].OutputKind == SampleKind.Bucket)
            {
                ProtobufWriter.WriteRawFixed64(_scratch, ToCount(sample.Value) - ToCount(below));
                below = sample.Value;
            }
        }
    }

    private void EncodeBounds(ReadOnlySpan<Sample> samples)
    {
        _scratch.ResetWrittenCount();
        foreach (ref readonly var sample in samples)
        {
            ref readonly var series = ref catalog.Series[sample.SeriesId];
            if (series.OutputKind == SampleKind.Bucket && !double.IsPositiveInfinity(series.Bound))
            {
                ProtobufWriter.WriteRawFixed64(_scratch, (ulong)BitConverter.DoubleToInt64Bits(series.Bound));
            }
        }
    }

    private ReadOnlySpan<byte> WriteSummary(ReadOnlySpan<Sample> samples, long start, long time)
    {
        BeginPoint(MetricDataKind.Summary, samples[0].SeriesId, start, time);
        foreach (ref readonly var sample in samples)
        {
            ref readonly var series = ref catalog.Series[sample.SeriesId];
            switch (series.OutputKind)
            {
                case SampleKind.Count:
                    ProtobufWriter.WriteFixed64(_point, 4, ToCount(sample.Value));
                    break;
                case SampleKind.Sum:
                    ProtobufWriter.WriteDouble(_point, 5, sample.Value);
                    break;
                case SampleKind.Quantile:
                    _scratch.ResetWrittenCount();
                    ProtobufWriter.WriteDouble(_scratch, 1, series.Bound);
                    ProtobufWriter.WriteDouble(_scratch, 2, sample.Value);
                    ProtobufWriter.WriteBytes(_point, 6, _scratch.WrittenSpan);
                    break;
            }
        }

        return _point.WrittenSpan;
    }

    private void BeginPoint(MetricDataKind kind, int seriesId, long start, long time)
    {
        _point.ResetWrittenCount();
        ProtobufWriter.WriteFixed64(_point, StartTimeField, ToNanoseconds(start));
        ProtobufWriter.WriteFixed64(_point, TimeField, ToNanoseconds(time));
        LabelText.ParseSeries(catalog.Outputs.GetText(in catalog.Series[seriesId]), _labels);
        foreach (var label in _labels)
        {
            // In a histogram or summary the bound is part of the point, not an attribute.
            if (!(label.Name == "le" && kind == MetricDataKind.Histogram) && !(label.Name == "quantile" && kind == MetricDataKind.Summary))
            {
                AttributeWriter.WriteAttribute(_point, kind == MetricDataKind.Histogram ? 9 : 7, label.Name, label.Value);
            }
        }
    }

    // Exemplar { time_unix_nano = 2, as_double = 3, span_id = 4, trace_id = 5, filtered_attributes = 7 }
    private void WriteExemplar(int field, ScrapeBuffer buffer, in Sample sample, long time)
    {
        var text = _exemplars.GetNewExemplar(buffer, sample);
        if (text.IsEmpty)
        {
            return;
        }

        var exemplar = Exemplar.ParseValidated(text, _labels);
        var message = new ArrayBufferWriter<byte>();
        ProtobufWriter.WriteFixed64(message, 2, ToNanoseconds(exemplar.Timestamp ?? time));
        ProtobufWriter.WriteDouble(message, 3, exemplar.Value);
        foreach (var label in _labels)
        {
            var (idField, idLength) = label.Name switch { "span_id" => (4, 8), "trace_id" => (5, 16), _ => (0, 0) };
            if (idField > 0 && label.Value.Length == 2 * idLength && label.Value.All(char.IsAsciiHexDigit))
            {
                ProtobufWriter.WriteBytes(message, idField, Convert.FromHexString(label.Value));
            }
            else
            {
                AttributeWriter.WriteAttribute(message, 7, label.Name, label.Value);
            }
        }

        ProtobufWriter.WriteBytes(_point, field, message.WrittenSpan);
    }

    private static ulong ToNanoseconds(long milliseconds) => (ulong)Math.Max(0, milliseconds) * 1_000_000;

    private static ulong ToCount(double count) => count switch
    {
        >= ulong.MaxValue => ulong.MaxValue,
        > 0 => (ulong)count,
        _ => 0,
    };
}
