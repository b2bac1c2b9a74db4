using System.Buffers;
using MetricsRelay.Storage;

namespace MetricsRelay.Exposition;

/// <summary>
/// Determines the family, name and labels under which each series of a catalog is relayed, and stores the resulting texts.
/// </summary>
/// <param name="format">The format of the target.</param>
/// <param name="transform">Decides the output name and labels.</param>
/// <param name="inputTexts">The series as the target writes them.</param>
/// <param name="hasher">Identifies series.</param>
internal sealed class OutputSeriesTable(
    ExpositionFormat format, ISeriesTransform transform, TextStore inputTexts, SeriesIdentityHasher hasher)
{
    private readonly WideHashTable _outputs = new();
    private readonly Dictionary<(string Name, MetricType Type), Family> _renamedFamilies = [];
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private readonly TextStore _texts = new(new ByteArena());
    private int _lastTextId = -1;

    // By output id: the last scrape with that output.
    private int[] _lastScrapes = new int[16];

    // By series id, when series may be merged: the output id.
    private int[] _outputIds = [];

    /// <summary>Whether a relabel rule moved a series to another family.</summary>
    public bool HasRenamedSeries { get; private set; }

    public bool MayMergeSeries => transform.MayMergeSeries;

    /// <summary>
    /// The text <c>name{labels}</c> under which a series is relayed. Valid until the next text is read on the same thread.
    /// </summary>
    public ReadOnlySpan<byte> GetText(in Series series) =>
        series.OutputTextId >= 0 ? inputTexts[series.OutputTextId] : _texts[~series.OutputTextId];

    /// <summary>The store that contains <see cref="GetText"/>, and the id there.</summary>
    public (TextStore Texts, int Id) LocateText(in Series series) =>
        series.OutputTextId >= 0 ? (inputTexts, series.OutputTextId) : (_texts, ~series.OutputTextId);

    /// <summary>Whether another series with the same output occurred before in the same scrape.</summary>
    public bool IsDuplicate(int seriesId, int scrapeNumber)
    {
        ref var lastScrape = ref _lastScrapes[_outputIds[seriesId]];
        if (lastScrape == scrapeNumber)
        {
            return true;
        }

        lastScrape = scrapeNumber;
        return false;
    }

    /// <summary>Sets the output properties of a new series.</summary>
    /// <exception cref="InvalidDataException">The text is too long to be stored.</exception>
    public void ResolveOutput(ref Series series, int seriesId, string name, List<Label> labels, int textId)
    {
        // An empty label equals a missing label, so it is not relayed.
        labels.RemoveAll(label => label.Value.Length == 0);
        var outputName = name;
        if (!transform.TransformSeries(ref outputName, labels))
        {
            return;
        }

        series.Output = outputName == name ? series.Family : RenameFamily(outputName, name, ref series);
        _scratch.ResetWrittenCount();
        series.HasQuotedName = LabelText.WriteSeries(_scratch, outputName, labels);

        // Most targets write their series exactly as the relay does. Then one copy of the text is enough for both.
        var text = _scratch.WrittenSpan;
        series.OutputTextId = inputTexts.IsEqualTo(textId, text) ? textId : ~AddText(text);
        if (transform.MayMergeSeries)
        {
            RegisterOutput(seriesId, hasher.ComputeIdentity(outputName, labels, MetricType.Unknown));
        }
    }

    private int AddText(ReadOnlySpan<byte> text)
    {
        if (text.Length > ByteArena.MaxLength)
        {
            throw new InvalidDataException($"A series of {text.Length} bytes is longer than {ByteArena.MaxLength} bytes.");
        }

        return _lastTextId = _texts.AddText(text, _lastTextId);
    }

    private void RegisterOutput(int seriesId, (ulong High, ulong Low) identity)
    {
        var output = _outputs.FindId(identity);
        if (output < 0)
        {
            output = _outputs.AddHash(identity);
            if (output == _lastScrapes.Length)
            {
                Array.Resize(ref _lastScrapes, output * 2);
            }
        }

        if (seriesId >= _outputIds.Length)
        {
            Array.Resize(ref _outputIds, ArrayGrowth.NextLength(_outputIds.Length, seriesId + 1));
        }

        _outputIds[seriesId] = output;
    }

    // A renamed family keeps its type when the new name has the same suffix (a_bucket becomes b_bucket). Otherwise the series becomes
    // an untyped value.
    private Family RenameFamily(string outputName, string name, ref Series series)
    {
        HasRenamedSeries = true;
        var suffix = name[series.Family.Name.Length..];
        var keepsType = outputName.EndsWith(suffix, StringComparison.Ordinal) && outputName.Length > suffix.Length;
        var key = (keepsType ? outputName[..^suffix.Length] : outputName, keepsType ? series.Family.Type : MetricType.Unknown);
        if (!_renamedFamilies.TryGetValue(key, out var family))
        {
            family = new Family(key.Item1, key.Item2, format) { Help = series.Family.Help };
            _renamedFamilies.Add(key, family);
        }

        if (!keepsType)
        {
            series.OutputKind = SampleKind.Value;
        }

        return family;
    }
}
