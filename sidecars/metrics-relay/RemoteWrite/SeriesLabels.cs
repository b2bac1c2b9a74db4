using System.Buffers;
using MetricsRelay.Exposition;
using MetricsRelay.Forward;
using MetricsRelay.Relabel;

namespace MetricsRelay.RemoteWrite;

/// <summary>
/// The labels of each series of a catalog as a write request has them: sorted, the metric's name among them, encoded
/// once and kept.
/// </summary>
internal sealed class SeriesLabels(Catalog catalog)
{
    private readonly Arena _arena = new();
    private readonly List<Label> _labels = [];
    private readonly ArrayBufferWriter<byte> _encoded = new();
    private readonly ArrayBufferWriter<byte> _label = new();
    private (int Position, int Length)[] _known = [];

    public Catalog Catalog => catalog;

    /// <summary>The fields 1 of a <c>TimeSeries</c>.</summary>
    public ReadOnlySpan<byte> this[int series]
    {
        get
        {
            if (series >= _known.Length)
            {
                Array.Resize(ref _known, Math.Max(catalog.SeriesCount, series + 1));
            }

            ref var known = ref _known[series];
            if (known.Length == 0)
            {
                var encoded = Encode(series);
                if (encoded.Length > Arena.MaxLength)
                {
                    return default;
                }

                known = (_arena.Append(encoded), encoded.Length);
            }

            return _arena.Read(known.Position, known.Length);
        }
    }

    private ReadOnlySpan<byte> Encode(int series)
    {
        var name = LabelText.ReadSeries(catalog.OutputText(in catalog.Series[series]), _labels);
        _labels.Add(new Label(RelabelRule.MetricName, name));
        _labels.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        _encoded.ResetWrittenCount();
        foreach (var label in _labels)
        {
            _label.ResetWrittenCount();
            ProtoWriter.Text(_label, 1, label.Name);
            ProtoWriter.Text(_label, 2, label.Value);
            ProtoWriter.Bytes(_encoded, 1, _label.WrittenSpan);
        }

        return _encoded.WrittenSpan;
    }
}
