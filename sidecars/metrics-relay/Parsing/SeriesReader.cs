using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Storage;

namespace MetricsRelay.Parsing;

/// <summary>
/// Finds the series of a sample line. The line is compared with the text that followed the previous line in the last scrape. Only
/// when that fails, the text is looked up, and only when it is new, it is parsed.
/// </summary>
internal sealed class SeriesReader(FamilyTracker families)
{
    private readonly SeriesTextParser _parser = new();
    private SeriesCatalog _catalog = null!;
    private int _previousTextId = -1;

    public void BeginScrape(SeriesCatalog catalog)
    {
        _catalog = catalog;
        _previousTextId = -1;
    }

    /// <param name="line">The line.</param>
    /// <param name="start">The start of the series.</param>
    /// <param name="end">The end of the series.</param>
    /// <returns>The id of the text of the series.</returns>
    public int ReadSeries(in ExpositionLine line, int start, out int end)
    {
        var textId = PredictText(in line, start, out end);
        if (textId < 0)
        {
            textId = FindOrAddText(in line, start, out end);
        }

        if (_previousTextId >= 0)
        {
            _catalog.TextLinks[_previousTextId].NextTextId = textId;
        }

        _previousTextId = textId;
        return textId;
    }

    private int PredictText(in ExpositionLine line, int start, out int end)
    {
        end = 0;
        var next = _previousTextId < 0 ? -1 : _catalog.TextLinks[_previousTextId].NextTextId;
        if (next < 0)
        {
            return -1;
        }

        var texts = _catalog.Texts.Texts;
        var text = line.Text;
        end = start + texts.GetLength(next);
        return end < text.Length && text[end] == ' ' && texts.IsPrefixOf(next, text[start..])
            && (line.IsOpenMetrics || text[line.SkipBlanks(end)..] is not [(byte)'{', ..])
            && families.TryContinueWith(_catalog.TextLinks[next].SeriesId, line.Number) ? next : -1;
    }

    private int FindOrAddText(in ExpositionLine line, int start, out int end)
    {
        end = line.FindSeriesEnd(start);
        var text = line.Text[start..end];
        if (text.Length > ByteArena.MaxLength)
        {
            throw line.CreateError(start, $"the name and labels of a series are longer than {ByteArena.MaxLength} bytes");
        }

        var textId = _catalog.Texts.FindId(text);
        return textId >= 0 && families.TryContinueWith(_catalog.TextLinks[textId].SeriesId, line.Number)
            ? textId
            : ParseNewSeries(in line, start, end, textId);
    }

    // The series is new, or was not seen under the family that now declares it.
    private int ParseNewSeries(in ExpositionLine line, int start, int end, int textId)
    {
        var name = _parser.ParseSeries(in line, start, end);
        var kind = families.AssignSample(in line, start, Encoding.UTF8.GetBytes(name));
        var family = families.Current.Family!;
        var bound = ReservedLabelRules.ReadBound(in line, start, kind, family, _parser.Labels);
        if (textId < 0)
        {
            textId = _catalog.AddSeriesText(line.Text[start..end], _previousTextId);
        }

        _catalog.TextLinks[textId].SeriesId = _catalog.GetSeriesId(family, kind, name, _parser.Labels, bound, textId);
        return textId;
    }
}
