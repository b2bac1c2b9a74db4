using MetricsRelay.Exposition;

namespace MetricsRelay.Parsing;

/// <summary>
/// Parses an exposition as it arrives, piece by piece, into a <see cref="ScrapeBuffer"/>. Both formats are parsed strictly: the first
/// violation ends parsing with an <see cref="ExpositionFormatException"/>. Sources: Prometheus "Exposition formats" (text 0.0.4, with
/// the quoted names of 1.0.0) and the OpenMetrics 1.0 specification.
/// </summary>
/// <remarks>
/// The series of a target and their order hardly change between scrapes. <see cref="SeriesReader"/> therefore recognizes known series
/// instead of parsing them. A parser belongs to one target and is reused for each scrape.
/// </remarks>
internal sealed class ExpositionParser
{
    private readonly LineAssembler _lines = new();
    private readonly FamilyRegrouper _regrouper = new();
    private readonly FamilyTracker _families;
    private readonly MetadataReader _metadata;
    private readonly SampleReader _samples;
    private SeriesCatalog _catalog = null!;
    private ScrapeBuffer _buffer = null!;
    private bool _isOpenMetrics;
    private int _lineNumber;
    private bool _hasEnded;

    public ExpositionParser()
    {
        var points = new MetricPointTracker();
        _families = new FamilyTracker(points);
        _metadata = new MetadataReader(_families);
        _samples = new SampleReader(_families, points);
    }

    /// <inheritdoc cref="SampleReader.SampleCount"/>
    public int SampleCount => _samples.SampleCount;

    /// <inheritdoc cref="SampleReader.DroppedCount"/>
    public int DroppedCount => _samples.DroppedCount;

    public void BeginScrape(SeriesCatalog catalog, ScrapeBuffer buffer, int maxSamples = int.MaxValue)
    {
        (_catalog, _buffer) = (catalog, buffer);
        _isOpenMetrics = catalog.Format == ExpositionFormat.OpenMetrics;
        _lineNumber = 0;
        _hasEnded = false;
        _lines.Reset();
        catalog.ScrapeNumber++;
        buffer.BeginScrape(catalog);
        _families.BeginScrape(catalog, buffer);
        _samples.BeginScrape(catalog, buffer, maxSamples);
    }

    /// <summary>Parses the next piece of the body.</summary>
    public void ParsePiece(ReadOnlySpan<byte> piece)
    {
        while (_lines.TryTakeLines(ref piece, _lineNumber, out var lines))
        {
            ReadLines(lines);
        }
    }

    /// <summary>Completes the scrape: the whole body has been parsed.</summary>
    public void EndScrape()
    {
        if (!_lines.IncompleteLine.IsEmpty)
        {
            ReadIncompleteLine(_lines.IncompleteLine);
        }

        if (_isOpenMetrics && !_hasEnded)
        {
            throw new ExpositionFormatException(_lineNumber + 1, 1, "the exposition must end with '# EOF'");
        }

        _families.CloseFamily();
        if (_catalog.Outputs.HasRenamedSeries)
        {
            _regrouper.RegroupSamples(_buffer);
        }
    }

    private void ReadIncompleteLine(ReadOnlySpan<byte> text)
    {
        var line = new ExpositionLine(text, ++_lineNumber, _isOpenMetrics);
        if (EncodingRules.MayBeViolated(text, _isOpenMetrics))
        {
            EncodingRules.ValidateLine(in line);
        }

        // OpenMetrics requires a line feed as well, but '# EOF' may end without one. A missing '# EOF' is reported for other lines.
        if (!_isOpenMetrics)
        {
            throw line.CreateError(text.Length, "the last line must end with a line feed");
        }

        ReadOpenMetricsLine(in line);
    }

    private void ReadLines(ReadOnlySpan<byte> lines)
    {
        var isSuspicious = EncodingRules.MayBeViolated(lines, _isOpenMetrics);
        while (!lines.IsEmpty)
        {
            var end = lines.IndexOf((byte)'\n');
            var line = new ExpositionLine(lines[..end], ++_lineNumber, _isOpenMetrics);
            lines = lines[(end + 1)..];
            if (isSuspicious)
            {
                EncodingRules.ValidateLine(in line);
            }

            if (_isOpenMetrics)
            {
                ReadOpenMetricsLine(in line);
            }
            else
            {
                ReadTextLine(in line);
            }
        }
    }

    private void ReadOpenMetricsLine(in ExpositionLine line)
    {
        if (_hasEnded)
        {
            throw line.CreateError(0, "nothing may follow '# EOF'");
        }

        if (line.Text.IsEmpty)
        {
            throw line.CreateError(0, "blank lines are not allowed");
        }

        if (line.Text[0] != '#')
        {
            _samples.ReadSample(in line, 0);
        }
        else if (line.Text.SequenceEqual("# EOF"u8))
        {
            _families.CloseFamily();
            _hasEnded = true;
        }
        else
        {
            _metadata.ReadOpenMetricsLine(in line);
        }
    }

    private void ReadTextLine(in ExpositionLine line)
    {
        var start = line.SkipBlanks(0);
        if (start == line.Text.Length)
        {
            return;
        }

        if (line.Text[start] == '#')
        {
            _metadata.ReadTextLine(in line, start + 1);
        }
        else
        {
            _samples.ReadSample(in line, start);
        }
    }
}
