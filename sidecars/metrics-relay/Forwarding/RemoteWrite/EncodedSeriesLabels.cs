using System.Buffers;
using MetricsRelay.Exposition;
using MetricsRelay.Protobuf;
using MetricsRelay.Storage;

namespace MetricsRelay.Forwarding.RemoteWrite;

/// <summary>The labels of each series of a catalog as a write request contains them: sorted, with the metric name, encoded once.</summary>
internal sealed class EncodedSeriesLabels(SeriesCatalog catalog)
{
    private readonly ByteArena _arena = new();
    private readonly List<Label> _labels = [];
    private readonly ArrayBufferWriter<byte> _encoded = new();
    private readonly ArrayBufferWriter<byte> _label = new();
    private (int Position, int Length)[] _known = [];

    public SeriesCatalog Catalog => catalog;

    /// <summary>The <c>labels = 1</c> fields of a <c>TimeSeries</c>; empty when they are too long to be stored.</summary>
    public ReadOnlySpan<byte> this[int seriesId]
    {
        get
        {
            if (seriesId >= _known.Length)
            {
                Array.Resize(ref _known, Math.Max(catalog.SeriesCount, seriesId + 1));
            }

            ref var known = ref _known[seriesId];
            if (known.Length == 0)
            {
                var encoded = EncodeLabels(seriesId);
                if (encoded.Length > ByteArena.MaxLength)
                {
                    return default;
                }

                known = (_arena.AppendBytes(encoded), encoded.Length);
            }

            return _arena.ReadBytes(known.Position, known.Length);
        }
    }

    private ReadOnlySpan<byte> EncodeLabels(int seriesId)
    {
        var name = LabelText.ParseSeries(catalog.Outputs.GetText(in catalog.Series[seriesId]), _labels);
        _labels.Add(new Label(LabelText.MetricNameLabel, name));
        _labels.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        _encoded.ResetWrittenCount();
        foreach (var label in _labels)
        {
            _label.ResetWrittenCount();
            ProtobufWriter.WriteText(_label, 1, label.Name);
            ProtobufWriter.WriteText(_label, 2, label.Value);
            ProtobufWriter.WriteBytes(_encoded, 1, _label.WrittenSpan);
        }

        return _encoded.WrittenSpan;
    }
}
