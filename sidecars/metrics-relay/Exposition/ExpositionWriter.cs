using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using MetricsRelay.Merge;

namespace MetricsRelay.Exposition;

/// <summary>
/// Writes merged families in either format. What a format cannot say is said in the nearest way it has, without ever
/// renaming a series: OpenMetrics' <c>_created</c> samples are gauges of their own in the text format, and a text
/// family that breaks a rule of OpenMetrics for its type (a counter without <c>_total</c>) is of unknown type there.
/// </summary>
/// <param name="output">Where it goes.</param>
/// <param name="format">The format.</param>
/// <param name="escaping">What becomes of names that need quotes.</param>
/// <param name="timestamps">Whether the targets' own timestamps are written.</param>
internal sealed class ExpositionWriter(PipeWriter output, ExpositionFormat format, Escaping escaping, bool timestamps = true)
{
    private const int FlushAt = 64 * 1024;

    // Value, timestamp, and what stands between and behind.
    private const int AfterSeries = (2 * Number.MaxLength) + 4;

    private readonly List<Label> _labels = [];
    private readonly bool _openMetrics = format == ExpositionFormat.OpenMetrics;
    private HashSet<MergedFamily>? _untyped;
    private Dictionary<int, int>? _last;

    /// <summary>Writes all families that <paramref name="select"/> lets through, sample by sample.</summary>
    public async Task WriteAsync(
        IReadOnlyList<MergedFamily> families, CancellationToken cancellationToken, ISampleFilter? select = null)
    {
        if (_openMetrics)
        {
            _untyped = OpenMetricsNames.Untyped(families);
        }

        foreach (var family in families)
        {
            foreach (var section in FamilySection.Of(family, format, _untyped?.Contains(family) ?? false))
            {
                await WriteSectionAsync(family, section, select, cancellationToken);
            }
        }

        if (_openMetrics)
        {
            output.Write("# EOF\n"u8);
        }

        await output.FlushAsync(cancellationToken);
    }

    private async Task WriteSectionAsync(
        MergedFamily family, FamilySection section, ISampleFilter? select, CancellationToken cancellationToken)
    {
        var headed = false;
        if (section.Always && select is null)
        {
            WriteHead(family, section);
            headed = true;
        }

        foreach (var part in family.Parts)
        {
            _last = !_openMetrics && family.Traits.HasFlag(FamilyTraits.ManyPoints) ? LastPoints(part) : null;
            for (var next = 0; next < part.Count;)
            {
                next = WriteSome(family, section, part, next, select, ref headed);
                if (output.UnflushedBytes >= FlushAt)
                {
                    var result = await output.FlushAsync(cancellationToken);
                    if (result.IsCompleted)
                    {
                        return;
                    }
                }
            }
        }
    }

    private int WriteSome(
        MergedFamily family, FamilySection section, MergedPart part, int from, ISampleFilter? select, ref bool headed)
    {
        const int Batch = 256;
        var samples = part.Samples;
        var end = Math.Min(samples.Length, from + Batch);
        var catalog = part.Snapshot.Catalog;
        for (; from < end; from++)
        {
            ref readonly var sample = ref samples[from];
            ref readonly var series = ref catalog.Series[sample.Series];
            if (!section.Takes(series.OutputKind) || (_last is not null && _last[sample.Series] != from) || (select is not null && !select.Takes(catalog, sample.Series)))
            {
                continue;
            }

            if (!headed)
            {
                WriteHead(family, section);
                headed = true;
            }

            WriteSample(part.Snapshot, catalog, in sample, in series);
        }

        return end;
    }

    // Where each series has its latest point, for the format that takes but one.
    private static Dictionary<int, int> LastPoints(MergedPart part)
    {
        var last = new Dictionary<int, int>();
        for (var i = 0; i < part.Count; i++)
        {
            last[part.Samples[i].Series] = i;
        }

        return last;
    }

    private void WriteSample(Snapshot snapshot, Catalog catalog, in Sample sample, in Series series)
    {
        var length = 0;
        Span<byte> room;
        if (series.Quoted && escaping == Escaping.Underscores)
        {
            WriteEscapedSeries(catalog.OutputText(in series));
            room = output.GetSpan(AfterSeries);
        }
        else
        {
            var (texts, id) = catalog.Output(in series);
            length = texts.Length(id);
            room = output.GetSpan(length + AfterSeries);
            texts.CopyTo(id, room);
        }

        room[length++] = (byte)' ';
        length += Number.Format(sample.Value, room[length..]);
        if (timestamps && snapshot.TimestampOf(in sample) is not Sample.NoTimestamp and var timestamp)
        {
            room[length++] = (byte)' ';
            length += _openMetrics
                ? Number.Format(timestamp / 1000.0, room[length..])
                : Number.FormatInteger(timestamp, room[length..]);
        }

        var exemplar = _openMetrics ? snapshot.ExemplarOf(in sample) : default;
        if (exemplar.IsEmpty)
        {
            room[length++] = (byte)'\n';
            output.Advance(length);
            return;
        }

        output.Advance(length);
        output.Write(" # "u8);
        output.Write(exemplar);
        output.Write("\n"u8);
    }

    private void WriteEscapedSeries(ReadOnlySpan<byte> text)
    {
        var name = Plain(LabelText.ReadSeries(text, _labels), colons: true);
        for (var i = 0; i < _labels.Count; i++)
        {
            _labels[i] = _labels[i] with { Name = Plain(_labels[i].Name, colons: false) };
        }

        LabelText.WriteSeries(output, name, _labels);
    }

    private void WriteHead(MergedFamily family, FamilySection section)
    {
        if (_openMetrics)
        {
            Line("TYPE"u8, section.Name, Encoding.UTF8.GetBytes(section.Type));
            if (family.Unit.Length > 0 && section.Typed)
            {
                Line("UNIT"u8, section.Name, family.Unit);
            }
        }

        if (family.Help.Length > 0)
        {
            var help = new ArrayBufferWriter<byte>(family.Help.Length + 16);
            LabelText.WriteEscaped(help, family.Help.AsSpan().TrimEnd((byte)'\r'), quotes: _openMetrics);
            Line("HELP"u8, section.Name, help.WrittenSpan);
        }

        if (!_openMetrics)
        {
            Line("TYPE"u8, section.Name, Encoding.UTF8.GetBytes(section.Type));
        }
    }

    private void Line(ReadOnlySpan<byte> keyword, string name, ReadOnlySpan<byte> text)
    {
        output.Write("# "u8);
        output.Write(keyword);
        output.Write(" "u8);
        if (LabelText.IsMetricName(name))
        {
            Encoding.UTF8.GetBytes(name, output);
        }
        else if (escaping == Escaping.AllowUtf8)
        {
            LabelText.WriteQuoted(output, name);
        }
        else
        {
            Encoding.UTF8.GetBytes(Plain(name, colons: true), output);
        }

        output.Write(" "u8);
        output.Write(text);
        output.Write("\n"u8);
    }

    private static string Plain(string name, bool colons) =>
        string.Create(name.Length, (name, colons), static (plain, from) =>
        {
            for (var i = 0; i < plain.Length; i++)
            {
                var c = from.name[i];
                plain[i] = char.IsAsciiLetter(c) || c == '_' || (from.colons && c == ':')
                    || (i > 0 && char.IsAsciiDigit(c)) ? c : '_';
            }
        });
}
