using System.Text;

namespace MetricsRelay.Exposition;

/// <content>The lines that carry a value.</content>
internal sealed partial class ExpositionParser
{
    private const int MaxExemplarCharacters = 128;

    private int _previousText;
    private int _previousSeries;
    private double _previousTimestamp;

    private void ReadSample(ReadOnlySpan<byte> line, int start)
    {
        if (SampleCount == _maxSamples)
        {
            throw new SampleLimitException(_maxSamples);
        }

        SampleCount++;
        if (_pending)
        {
            OpenPending();
        }

        var textId = Predict(line, start, out var end);
        if (textId < 0)
        {
            end = EndOfSeries(line, start);
            var text = line[start..end];
            if (text.Length > Arena.MaxLength)
            {
                throw Error(line, start, $"a series' name and labels are longer than {Arena.MaxLength} bytes");
            }

            textId = _catalog.Texts.Find(text);
            if (textId < 0 || !IsOpenFor(_catalog.Lines[textId].Series))
            {
                textId = Introduce(line, start, end, textId);
            }
        }

        if (_previousText >= 0)
        {
            _catalog.Lines[_previousText].Next = textId;
        }

        _previousText = textId;
        ReadValues(line, start, end, _catalog.Lines[textId].Series);
    }

    private int Predict(ReadOnlySpan<byte> line, int start, out int end)
    {
        end = 0;
        var next = _previousText < 0 ? -1 : _catalog.Lines[_previousText].Next;
        if (next < 0)
        {
            return -1;
        }

        var texts = _catalog.Texts.Texts;
        end = start + texts.Length(next);
        return end < line.Length && line[end] == ' ' && texts.IsStartOf(next, line[start..])
            && (_strict || line[SkipBlanks(line, end)..] is not [(byte)'{', ..])
            && IsOpenFor(_catalog.Lines[next].Series) ? next : -1;
    }

    // Whether the series may come next: it belongs to the open family, or to one without metadata that begins here.
    private bool IsOpenFor(int series)
    {
        if (series < 0)
        {
            // It could not be kept when it was seen first.
            return false;
        }

        var family = _catalog.Series[series].Family;
        if (ReferenceEquals(family, _family))
        {
            return true;
        }

        if (family.Type != MetricType.Unknown || family.Help.Length > 0 || family.Unit.Length > 0)
        {
            return false;
        }

        if (_family is not null)
        {
            var owner = _catalog.Owners[family.Claims[0]];
            if (owner.Scrape == _catalog.Scrape)
            {
                return false;
            }

            CloseFamily();
        }

        Open(family, _line);
        return true;
    }

    // The end of `name{labels}`, without looking into it.
    private int EndOfSeries(ReadOnlySpan<byte> line, int start)
    {
        var rest = line[start..];
        var end = rest.IndexOfAny("{ \t"u8);
        if (end < 0)
        {
            return line.Length;
        }

        end += start;
        var brace = _strict ? end : SkipBlanks(line, end);
        if (brace == line.Length || line[brace] != '{')
        {
            return end;
        }

        var i = brace + 1;
        while (true)
        {
            var next = line[i..].IndexOfAny((byte)'"', (byte)'}');
            if (next < 0)
            {
                throw Error(line, brace, "the closing brace is missing");
            }

            i += next;
            if (line[i] == '}')
            {
                return i + 1;
            }

            i = EndOfQuoted(line, i);
        }
    }

    /// <summary>Parses a series that was never seen, or not under the family that now declares it.</summary>
    private int Introduce(ReadOnlySpan<byte> line, int start, int end, int textId)
    {
        var name = ReadSeries(line, start, end);
        var nameBytes = Encoding.UTF8.GetBytes(name);
        var kind = SampleKind.Value;
        if (_family is null || !_family.TryClassify(nameBytes, out kind))
        {
            var nameId = _catalog.NameId(nameBytes);
            var owner = _catalog.Owners[nameId];
            if (_family is not null && owner.Scrape == _catalog.Scrape && ReferenceEquals(owner.Family, _family))
            {
                throw Error(line, start, $"a {TypeName(_family.Type)} has no sample of the family's bare name");
            }

            CloseFamily();
            var family = _catalog.FamilyOf(nameBytes, MetricType.Unknown);
            family.Help = family.Unit = [];
            Open(family, _line);
        }

        var bound = CheckSpecialLabels(line, start, kind, _family!);
        if (textId < 0)
        {
            textId = _catalog.AddText(line[start..end], _previousText);
        }

        _catalog.Lines[textId].Series = _catalog.SeriesOf(_family!, kind, name, _labels, bound, textId);
        return textId;
    }

    private string ReadSeries(ReadOnlySpan<byte> line, int start, int end)
    {
        _labels.Clear();
        var i = start;
        string? name = null;
        if (line[i] != '{')
        {
            name = Encoding.UTF8.GetString(ReadBareName(line, ref i, end, colons: true, "a metric name"));
            i = Skip(line, i);
            if (i >= end)
            {
                return name;
            }
        }

        ReadLabels(line, i, end, ref name, _labels);
        return name ?? throw Error(line, start, "the metric's name is missing");
    }

    private int Skip(ReadOnlySpan<byte> line, int at) => _strict ? at : SkipBlanks(line, at);

    private ReadOnlySpan<byte> ReadBareName(ReadOnlySpan<byte> line, ref int at, int end, bool colons, string what)
    {
        var start = at;
        if (at < end && LabelText.IsNameStart(line[at], colons))
        {
            at++;
            while (at < end && LabelText.IsNamePart(line[at], colons))
            {
                at++;
            }
        }

        if (at == start || (colons && at < end && line[at] is not ((byte)'{' or (byte)' ' or (byte)'\t')))
        {
            throw Error(line, at, $"'{Show(line[start..end])}' is not {what}");
        }

        return line[start..at];
    }

    // labels = "{" [label *("," label)] "}"; the text format allows blanks and a comma after the last. A quoted text
    // without a value is the metric's name.
    private void ReadLabels(ReadOnlySpan<byte> line, int brace, int end, ref string? name, List<Label> labels)
    {
        var i = Skip(line, brace + 1);
        var first = true;
        while (line[i] != '}')
        {
            if (!first)
            {
                if (line[i] != ',')
                {
                    throw Error(line, i, "a comma or the closing brace must follow a label");
                }

                i = Skip(line, i + 1);
                if (line[i] == '}')
                {
                    if (_strict)
                    {
                        throw Error(line, i - 1, "a comma after the last label is not allowed");
                    }

                    break;
                }
            }

            first = false;
            var at = i;
            string key;
            if (line[i] == '"')
            {
                var quoteEnd = EndOfQuoted(line, i);
                key = LabelText.Unescape(line[(i + 1)..(quoteEnd - 1)]);
                i = Skip(line, quoteEnd);
                if (line[i] != '=')
                {
                    name = name is null && key.Length > 0
                        ? key
                        : throw Error(line, at, key.Length == 0 ? "the metric's name is empty" : "a second metric name");
                    continue;
                }
            }
            else
            {
                key = Encoding.UTF8.GetString(ReadBareName(line, ref i, end, colons: false, "a label name"));
                i = Skip(line, i);
            }

            i = ReadLabelValue(line, at, i, key, labels);
        }
    }

    private int ReadLabelValue(ReadOnlySpan<byte> line, int at, int i, string key, List<Label> labels)
    {
        if (line[i] != '=')
        {
            throw Error(line, i, "'=' must follow a label's name");
        }

        i = Skip(line, i + 1);
        if (line[i] != '"')
        {
            throw Error(line, i, "a label's value must stand in double quotes");
        }

        var quoteEnd = EndOfQuoted(line, i);
        if (key.Length == 0 || key == "__name__" || (_strict && key.StartsWith("__", StringComparison.Ordinal)))
        {
            throw Error(line, at, key.Length == 0 ? "a label's name is empty" : $"the label name '{key}' is reserved");
        }

        foreach (var label in labels)
        {
            if (label.Name == key)
            {
                throw Error(line, at, $"the label '{key}' occurs twice");
            }
        }

        labels.Add(new Label(key, LabelText.Unescape(line[(i + 1)..(quoteEnd - 1)])));
        return Skip(line, quoteEnd);
    }

    private double CheckSpecialLabels(ReadOnlySpan<byte> line, int start, SampleKind kind, Family family)
    {
        var special = family.Type switch
        {
            MetricType.Histogram or MetricType.GaugeHistogram => "le",
            MetricType.Summary => "quantile",
            MetricType.StateSet => family.Name,
            _ => null,
        };
        if (special is null)
        {
            return 0;
        }

        var value = _labels.Find(label => label.Name == special).Value;
        var wanted = kind is SampleKind.Bucket or SampleKind.Quantile or SampleKind.State;
        if (!wanted)
        {
            return string.IsNullOrEmpty(value)
                ? 0
                : throw Error(line, start, $"only a {(special == "le" ? "bucket" : "quantile")} has the label '{special}'");
        }

        if (string.IsNullOrEmpty(value))
        {
            throw Error(line, start, $"the label '{special}' is missing");
        }

        if (kind == SampleKind.State)
        {
            return 0;
        }

        if (!Number.TryParse(Encoding.UTF8.GetBytes(value), out var bound) || double.IsNaN(bound))
        {
            throw Error(line, start, $"the value '{value}' of the label '{special}' is not a number");
        }

        return kind == SampleKind.Quantile && bound is < 0 or > 1
            ? throw Error(line, start, $"the quantile {value} is not between 0 and 1")
            : bound;
    }

    private void ReadValues(ReadOnlySpan<byte> line, int start, int end, int seriesId)
    {
        var valueAt = ReadSeparator(line, end, "a value");
        var valueEnd = EndOfToken(line, valueAt);
        if (!Number.TryParse(line[valueAt..valueEnd], out var value))
        {
            throw Error(line, valueAt, valueAt == valueEnd
                ? "the value is missing"
                : $"'{Show(line[valueAt..valueEnd])}' is not a number");
        }

        var extra = -1;
        var seconds = double.NaN;
        if (valueEnd < line.Length)
        {
            extra = _snapshot.AddExtra(ReadRest(line, valueEnd, seriesId, ref seconds));
        }

        ref var series = ref _catalog.Series[seriesId];
        CheckSample(line, start, valueAt, ref series, seriesId, value, seconds);
        _previousSeries = seriesId;
        _previousTimestamp = seconds;
        if (series.Output is null || (_catalog.MayCollide && IsRepeated(_catalog.OutputIdentities[seriesId])))
        {
            DroppedCount++;
            return;
        }

        _snapshot.Add(new Sample { Series = seriesId, Extra = extra, Value = value });
    }

    private bool IsRepeated(int output)
    {
        ref var scrape = ref _catalog.OutputScrapes[output];
        if (scrape == _catalog.Scrape)
        {
            return true;
        }

        scrape = _catalog.Scrape;
        return false;
    }

    private int ReadSeparator(ReadOnlySpan<byte> line, int at, string what)
    {
        if (!_strict)
        {
            var next = SkipBlanks(line, at);
            return next > at || next == line.Length ? next : throw Error(line, at, $"a blank must precede {what}");
        }

        return at < line.Length && line[at] == ' '
            ? at + 1
            : throw Error(line, at, $"a single space must precede {what}");
    }

    private SampleExtra ReadRest(ReadOnlySpan<byte> line, int at, int series, ref double seconds)
    {
        var next = ReadSeparator(line, at, "a timestamp");
        if (next == line.Length && !_strict)
        {
            return SampleExtra.None;
        }

        var timestamp = Sample.NoTimestamp;

        if (!_strict)
        {
            var end = EndOfToken(line, next);
            if (!Number.TryParseInteger(line[next..end], out timestamp))
            {
                throw Error(line, next, $"'{Show(line[next..end])}' is not a timestamp in whole milliseconds");
            }

            if (SkipBlanks(line, end) < line.Length)
            {
                throw Error(line, SkipBlanks(line, end), "nothing may follow the timestamp");
            }

            seconds = timestamp / 1000.0;
            return new SampleExtra(timestamp, -1);
        }

        if (next == line.Length || line[next] != '#')
        {
            var end = EndOfToken(line, next);
            if (!Number.TryParseReal(line[next..end], out seconds) || Math.Abs(seconds * 1000) > long.MaxValue)
            {
                throw Error(line, next, $"'{Show(line[next..end])}' is not a timestamp in seconds");
            }

            timestamp = (long)Math.Round(seconds * 1000);
            if (end == line.Length)
            {
                return new SampleExtra(timestamp, -1);
            }

            next = ReadSeparator(line, end, "an exemplar");
        }

        return new SampleExtra(timestamp, ReadExemplar(line, next, series));
    }

    // exemplar = SP "#" SP labels SP number [SP timestamp]
    private int ReadExemplar(ReadOnlySpan<byte> line, int at, int seriesId)
    {
        var text = line[at..];
        if (!text.StartsWith("# {"u8))
        {
            throw Error(line, at, "an exemplar is ' # {labels} value [timestamp]'");
        }

        ref readonly var series = ref _catalog.Series[seriesId];
        if (series.Kind is not (SampleKind.Total or SampleKind.Bucket))
        {
            throw Error(line, at, "only the total of a counter and the buckets of a histogram have exemplars");
        }

        var labelsAt = at + 2;
        var labelsEnd = EndOfSeries(line, labelsAt);
        CheckExemplarLabels(line, labelsAt);
        var valueAt = ReadSeparator(line, labelsEnd, "an exemplar's value");
        var valueEnd = EndOfToken(line, valueAt);
        if (!Number.TryParse(line[valueAt..valueEnd], out var value))
        {
            throw Error(line, valueAt, $"'{Show(line[valueAt..valueEnd])}' is not an exemplar's value");
        }

        if (series.Kind == SampleKind.Bucket && !(value <= series.Bound))
        {
            throw Error(line, valueAt, "an exemplar's value must lie within its bucket");
        }

        if (valueEnd < line.Length)
        {
            var timestampAt = ReadSeparator(line, valueEnd, "an exemplar's timestamp");
            if (!Number.TryParseReal(line[timestampAt..], out _))
            {
                throw Error(line, timestampAt, $"'{Show(line[timestampAt..])}' is not a timestamp in seconds");
            }
        }

        return _snapshot.AddExemplar(line[labelsAt..]);
    }

    // Exemplars change from scrape to scrape, so their labels are looked at where they stand and nothing is kept.
    private void CheckExemplarLabels(ReadOnlySpan<byte> line, int brace)
    {
        Span<(int Start, int End)> names = stackalloc (int, int)[MaxExemplarCharacters];
        var count = 0;
        var characters = 0;
        var i = brace + 1;
        while (line[i] != '}')
        {
            if (count > 0 && line[i++] != ',')
            {
                throw Error(line, i - 1, "a comma or the closing brace must follow a label");
            }

            var nameAt = i;
            if (line[i] == '"')
            {
                i = EndOfQuoted(line, i);
                characters += Characters(line[(nameAt + 1)..(i - 1)]);
            }
            else
            {
                characters += ReadBareName(line, ref i, line.Length, colons: false, "a label name").Length;
            }

            var name = line[nameAt..i];
            if (line[i] != '=' || line[i + 1] != '"')
            {
                throw Error(line, i, "'=' and a value in double quotes must follow a label's name");
            }

            if (name.StartsWith("__"u8) || name.StartsWith("\"__"u8) || name.SequenceEqual("\"\""u8))
            {
                throw Error(line, nameAt, $"the label name '{Show(name)}' is empty or reserved");
            }

            foreach (var (start, end) in names[..count])
            {
                if (line[start..end].SequenceEqual(name))
                {
                    throw Error(line, nameAt, $"the label '{Show(name)}' occurs twice");
                }
            }

            var valueAt = i + 1;
            i = EndOfQuoted(line, valueAt);
            characters += Characters(line[(valueAt + 1)..(i - 1)]);
            if (characters > MaxExemplarCharacters || count == names.Length)
            {
                throw Error(line, brace, $"the labels of an exemplar have more than {MaxExemplarCharacters} characters");
            }

            names[count++] = (nameAt, nameAt + name.Length);
        }
    }

    // Characters of a quoted text as it is meant: an escape is one, and so are the bytes of a character beyond ASCII.
    private static int Characters(ReadOnlySpan<byte> text)
    {
        var characters = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is (byte)'\\' or (byte)'n' or (byte)'"')
            {
                i++;
            }

            if ((text[i] & 0xC0) != 0x80)
            {
                characters++;
            }
        }

        return characters;
    }
}
