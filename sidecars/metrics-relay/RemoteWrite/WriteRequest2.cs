using System.Buffers;
using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Forward;

namespace MetricsRelay.RemoteWrite;

/// <summary>
/// Messages of Prometheus remote write 2.0, <c>io.prometheus.write.v2.Request</c>: every text once, in a table that begins
/// with the empty one, and with each sample the family's type, help and unit, and the exemplar.
/// </summary>
internal sealed class WriteRequest2(Action<byte[], long, int> finished) : WriteRequest(finished)
{
    private const int Symbols = 4;
    private const int TimeSeries = 5;

    private readonly TextTable _symbols = new(new Arena());
    private readonly ArrayBufferWriter<byte> _all = new();
    private readonly ArrayBufferWriter<byte> _message = new();
    private readonly ArrayBufferWriter<byte> _series = new();
    private readonly ArrayBufferWriter<byte> _part = new();
    private readonly ArrayBufferWriter<byte> _references = new();
    private readonly List<Label> _labels = [];
    private int _symbolBytes;

    /// <summary>Makes the message that says the same in version 1.0.</summary>
    /// <param name="compressed">A message of version 2.0, compressed.</param>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static byte[] ToVersion1(ReadOnlySpan<byte> compressed)
    {
        ReadOnlySpan<byte> message = Snappy.Decompress(compressed);
        var symbols = new List<byte[]>();
        var output = new ArrayBufferWriter<byte>(message.Length);
        var series = new ArrayBufferWriter<byte>();
        var label = new ArrayBufferWriter<byte>();
        for (var fields = new ProtoReader(message); fields.Next();)
        {
            if (fields.Field == Symbols)
            {
                symbols.Add(fields.Bytes.ToArray());
            }
            else if (fields.Field == TimeSeries)
            {
                series.ResetWrittenCount();
                for (var parts = new ProtoReader(fields.Bytes); parts.Next();)
                {
                    if (parts.Field == 1)
                    {
                        for (var references = parts.Bytes; !references.IsEmpty;)
                        {
                            label.ResetWrittenCount();
                            ProtoWriter.Bytes(label, 1, symbols[(int)ProtoReader.Varint(ref references)]);
                            ProtoWriter.Bytes(label, 2, symbols[(int)ProtoReader.Varint(ref references)]);
                            ProtoWriter.Bytes(series, 1, label.WrittenSpan);
                        }
                    }
                    else if (parts.Field == 2)
                    {
                        ProtoWriter.Bytes(series, 2, parts.Bytes);
                    }
                }

                ProtoWriter.Bytes(output, 1, series.WrittenSpan);
            }
        }

        return Snappy.Compress(output.WrittenSpan);
    }

    protected override int Append(
        ReadOnlySpan<byte> labels, double value, long milliseconds, Family? family, ReadOnlySpan<byte> exemplar)
    {
        if (_symbols.Count == 0)
        {
            Reference([]);
        }

        _references.ResetWrittenCount();
        for (var fields = new ProtoReader(labels); fields.Next();)
        {
            for (var label = new ProtoReader(fields.Bytes); label.Next();)
            {
                ProtoWriter.Varint(_references, Reference(label.Bytes));
            }
        }

        _series.ResetWrittenCount();
        ProtoWriter.Bytes(_series, 1, _references.WrittenSpan);
        _part.ResetWrittenCount();
        ProtoWriter.Double(_part, 1, value);
        ProtoWriter.Number(_part, 2, milliseconds);
        ProtoWriter.Bytes(_series, 2, _part.WrittenSpan);
        if (!exemplar.IsEmpty)
        {
            AppendExemplar(exemplar, milliseconds);
        }

        if (family is not null)
        {
            _part.ResetWrittenCount();
            ProtoWriter.Number(_part, 1, (long)TypeOf(family.Type));
            ProtoWriter.Number(_part, 3, Reference(family.Help.Length <= Arena.MaxLength ? family.Help : []));
            ProtoWriter.Number(_part, 4, Reference(family.Unit));
            ProtoWriter.Bytes(_series, 5, _part.WrittenSpan);
        }

        ProtoWriter.Bytes(_message, TimeSeries, _series.WrittenSpan);
        return _message.WrittenCount + _symbolBytes;
    }

    protected override ReadOnlySpan<byte> TakeMessage()
    {
        _all.ResetWrittenCount();
        for (var i = 0; i < _symbols.Count; i++)
        {
            ProtoWriter.Bytes(_all, Symbols, _symbols[i]);
        }

        _all.Write(_message.WrittenSpan);
        _message.ResetWrittenCount();
        _symbols.Clear();
        _symbolBytes = 0;
        return _all.WrittenSpan;
    }

    private void AppendExemplar(ReadOnlySpan<byte> text, long milliseconds)
    {
        var exemplar = Exemplar.Read(text, _labels);
        _labels.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        _references.ResetWrittenCount();
        foreach (var label in _labels)
        {
            ProtoWriter.Varint(_references, Reference(Encoding.UTF8.GetBytes(label.Name)));
            ProtoWriter.Varint(_references, Reference(Encoding.UTF8.GetBytes(label.Value)));
        }

        _part.ResetWrittenCount();
        if (_labels.Count > 0)
        {
            ProtoWriter.Bytes(_part, 1, _references.WrittenSpan);
        }

        ProtoWriter.Double(_part, 2, exemplar.Value);
        ProtoWriter.Number(_part, 3, exemplar.Timestamp ?? milliseconds);
        ProtoWriter.Bytes(_series, 4, _part.WrittenSpan);
    }

    private uint Reference(ReadOnlySpan<byte> text)
    {
        var id = _symbols.Find(text);
        if (id < 0)
        {
            id = _symbols.Add(text);
            _symbolBytes += text.Length + 4;
        }

        return (uint)id;
    }

    // Metadata.MetricType numbers them in another order than the relay.
    private static int TypeOf(MetricType type) => type switch
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
