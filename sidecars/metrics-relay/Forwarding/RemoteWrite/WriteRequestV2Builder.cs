using System.Buffers;
using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Protobuf;
using MetricsRelay.Storage;
using Snappier;

namespace MetricsRelay.Forwarding.RemoteWrite;

/// <summary>
/// Builds messages of Prometheus remote write 2.0, <c>io.prometheus.write.v2.Request</c>: each text once, in a table that starts with
/// the empty text; with each sample the type, help text and unit of its family, and the exemplar.
/// </summary>
internal sealed class WriteRequestV2Builder(Action<byte[], long, int> onCompleted) : WriteRequestBuilder(onCompleted)
{
    private const int SymbolsField = 4;
    private const int TimeSeriesField = 5;
    private const int MaxUncompressedBytes = 64 << 20;

    private readonly TextTable _symbols = new(new ByteArena());
    private readonly ArrayBufferWriter<byte> _message = new();
    private readonly ArrayBufferWriter<byte> _timeSeries = new();
    private readonly ArrayBufferWriter<byte> _series = new();
    private readonly ArrayBufferWriter<byte> _part = new();
    private readonly ArrayBufferWriter<byte> _references = new();
    private readonly List<Label> _labels = [];
    private int _symbolBytes;

    /// <summary>Converts a message to version 1.0.</summary>
    /// <param name="compressed">A compressed message of version 2.0.</param>
    /// <returns>A compressed message of version 1.0.</returns>
    /// <exception cref="InvalidDataException">The message is invalid.</exception>
    public static byte[] ConvertToVersion1(ReadOnlySpan<byte> compressed)
    {
        var message = DecompressMessage(compressed);
        var symbols = new List<byte[]>();
        var output = new ArrayBufferWriter<byte>(message.Length + 1);
        var series = new ArrayBufferWriter<byte>();
        for (var fields = new ProtobufReader(message); fields.ReadField();)
        {
            if (fields.Field == SymbolsField)
            {
                symbols.Add(fields.Bytes.ToArray());
            }
            else if (fields.Field == TimeSeriesField)
            {
                series.ResetWrittenCount();
                ConvertSeries(fields.Bytes, symbols, series);
                ProtobufWriter.WriteBytes(output, 1, series.WrittenSpan);
            }
        }

        return Snappy.CompressToArray(output.WrittenSpan);
    }

    protected override int AppendSample(
        ReadOnlySpan<byte> labels, double value, long milliseconds, Family? family, ReadOnlySpan<byte> exemplar)
    {
        if (_symbols.Count == 0)
        {
            GetSymbol([]);
        }

        _references.ResetWrittenCount();
        for (var fields = new ProtobufReader(labels); fields.ReadField();)
        {
            for (var label = new ProtobufReader(fields.Bytes); label.ReadField();)
            {
                ProtobufWriter.WriteVarint(_references, GetSymbol(label.Bytes));
            }
        }

        _series.ResetWrittenCount();
        ProtobufWriter.WriteBytes(_series, 1, _references.WrittenSpan);
        _part.ResetWrittenCount();
        ProtobufWriter.WriteDouble(_part, 1, value);
        ProtobufWriter.WriteNumber(_part, 2, milliseconds);
        ProtobufWriter.WriteBytes(_series, 2, _part.WrittenSpan);
        if (!exemplar.IsEmpty)
        {
            AppendExemplar(exemplar, milliseconds);
        }

        if (family is not null)
        {
            AppendMetadata(family);
        }

        ProtobufWriter.WriteBytes(_timeSeries, TimeSeriesField, _series.WrittenSpan);
        return _timeSeries.WrittenCount + _symbolBytes;
    }

    protected override ReadOnlySpan<byte> TakeMessage()
    {
        _message.ResetWrittenCount();
        for (var i = 0; i < _symbols.Count; i++)
        {
            ProtobufWriter.WriteBytes(_message, SymbolsField, _symbols[i]);
        }

        _message.Write(_timeSeries.WrittenSpan);
        _timeSeries.ResetWrittenCount();
        _symbols.Clear();
        _symbolBytes = 0;
        return _message.WrittenSpan;
    }

    private static byte[] DecompressMessage(ReadOnlySpan<byte> compressed)
    {
        var length = Snappy.GetUncompressedLength(compressed);
        return length <= MaxUncompressedBytes
            ? Snappy.DecompressToArray(compressed)
            : throw new InvalidDataException($"{length} bytes are more than a message can have");
    }

    private static void ConvertSeries(ReadOnlySpan<byte> timeSeries, List<byte[]> symbols, ArrayBufferWriter<byte> output)
    {
        var label = new ArrayBufferWriter<byte>();
        for (var parts = new ProtobufReader(timeSeries); parts.ReadField();)
        {
            if (parts.Field == 1)
            {
                for (var references = parts.Bytes; !references.IsEmpty;)
                {
                    label.ResetWrittenCount();
                    ProtobufWriter.WriteBytes(label, 1, symbols[(int)ProtobufReader.ReadVarint(ref references)]);
                    ProtobufWriter.WriteBytes(label, 2, symbols[(int)ProtobufReader.ReadVarint(ref references)]);
                    ProtobufWriter.WriteBytes(output, 1, label.WrittenSpan);
                }
            }
            else if (parts.Field == 2)
            {
                ProtobufWriter.WriteBytes(output, 2, parts.Bytes);
            }
        }
    }

    private void AppendMetadata(Family family)
    {
        _part.ResetWrittenCount();
        ProtobufWriter.WriteNumber(_part, 1, GetTypeNumber(family.Type));
        ProtobufWriter.WriteNumber(_part, 3, GetSymbol(family.Help.Length <= ByteArena.MaxLength ? family.Help : []));
        ProtobufWriter.WriteNumber(_part, 4, GetSymbol(family.Unit));
        ProtobufWriter.WriteBytes(_series, 5, _part.WrittenSpan);
    }

    private void AppendExemplar(ReadOnlySpan<byte> text, long milliseconds)
    {
        var exemplar = Exemplar.ParseValidated(text, _labels);
        _labels.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        _references.ResetWrittenCount();
        foreach (var label in _labels)
        {
            ProtobufWriter.WriteVarint(_references, GetSymbol(Encoding.UTF8.GetBytes(label.Name)));
            ProtobufWriter.WriteVarint(_references, GetSymbol(Encoding.UTF8.GetBytes(label.Value)));
        }

        _part.ResetWrittenCount();
        if (_labels.Count > 0)
        {
            ProtobufWriter.WriteBytes(_part, 1, _references.WrittenSpan);
        }

        ProtobufWriter.WriteDouble(_part, 2, exemplar.Value);
        ProtobufWriter.WriteNumber(_part, 3, exemplar.Timestamp ?? milliseconds);
        ProtobufWriter.WriteBytes(_series, 4, _part.WrittenSpan);
    }

    private uint GetSymbol(ReadOnlySpan<byte> text)
    {
        var id = _symbols.FindId(text);
        if (id < 0)
        {
            id = _symbols.AddText(text);
            _symbolBytes += text.Length + 4;
        }

        return (uint)id;
    }

    // The numbers of Metadata.MetricType.
    private static int GetTypeNumber(MetricType type) => type switch
    {
        MetricType.Counter => 1,
        MetricType.Gauge => 2,
        MetricType.Histogram => 3,
        MetricType.GaugeHistogram => 4,
        MetricType.Summary => 5,
        MetricType.Info => 6,
        MetricType.StateSet => 7,
        _ => 0,
    };
}
