using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Merging;

namespace MetricsRelay.Writing;

/// <summary>
/// Writes merged families in either format. What a format cannot express is written in its closest form, and no series is ever
/// renamed: the <c>_created</c> samples of OpenMetrics are gauges in the text format, and a text family that breaks an OpenMetrics
/// rule for its type (a counter without <c>_total</c>) has the type unknown there.
/// </summary>
/// <param name="output">Receives the text.</param>
/// <param name="format">The format.</param>
/// <param name="escaping">How names that need quotes are written.</param>
/// <param name="includeTimestamps">Whether the timestamps of the targets are written.</param>
internal sealed class MergedExpositionWriter(
    PipeWriter output, ExpositionFormat format, NameEscaping escaping, bool includeTimestamps = true)
{
    private const int FlushThreshold = 64 * 1024;

    // The value, the timestamp, and the separators.
    private const int MaxLengthAfterSeries = (2 * NumberText.MaxLength) + 4;

    private readonly List<Label> _labels = [];
    private readonly bool _isOpenMetrics = format == ExpositionFormat.OpenMetrics;

    /// <summary>Writes all families, or the series that the filter selects.</summary>
    public async Task WriteFamiliesAsync(
        IReadOnlyList<MergedFamily> families, CancellationToken cancellationToken, ISeriesFilter? filter = null)
    {
        var untyped = _isOpenMetrics ? OpenMetricsTypeResolver.FindUntypedFamilies(families) : null;
        foreach (var family in families)
        {
            foreach (var section in FamilySection.SplitFamily(family, format, untyped?.Contains(family) ?? false))
            {
                await WriteSectionAsync(family, section, filter, cancellationToken);
            }
        }

        if (_isOpenMetrics)
        {
            output.Write("# EOF\n"u8);
        }

        await output.FlushAsync(cancellationToken);
    }

    private async Task WriteSectionAsync(
        MergedFamily family, FamilySection section, ISeriesFilter? filter, CancellationToken cancellationToken)
    {
        var hasMetadata = false;
        if (section.IsAlwaysWritten && filter is null)
        {
            WriteMetadata(family, section);
            hasMetadata = true;
        }

        foreach (var segment in family.Segments)
        {
            var latest = !_isOpenMetrics && family.Traits.HasFlag(FamilyTraits.ManyPoints) ? FindLatestPoints(segment) : null;
            for (var next = 0; next < segment.Count;)
            {
                next = WriteSamples(family, section, segment, next, filter, latest, ref hasMetadata);
                if (output.UnflushedBytes >= FlushThreshold)
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

    // Writes a limited number of samples, so that the caller can flush in between.
    private int WriteSamples(
        MergedFamily family, FamilySection section, MergedSegment segment, int start,
        ISeriesFilter? filter, Dictionary<int, int>? latest, ref bool hasMetadata)
    {
        const int MaxSamples = 256;
        var samples = segment.Samples;
        var end = Math.Min(samples.Length, start + MaxSamples);
        var catalog = segment.Buffer.Catalog;
        for (var i = start; i < end; i++)
        {
            ref readonly var sample = ref samples[i];
            ref readonly var series = ref catalog.Series[sample.SeriesId];
            if (!section.IncludesKind(series.OutputKind)
                || (latest is not null && latest[sample.SeriesId] != i)
                || (filter is not null && !filter.MatchesSeries(catalog, sample.SeriesId)))
            {
                continue;
            }

            if (!hasMetadata)
            {
                WriteMetadata(family, section);
                hasMetadata = true;
            }

            WriteSample(segment.Buffer, in sample, in series);
        }

        return end;
    }

    // The index of the latest point of each series, for the text format, which allows only one point.
    private static Dictionary<int, int> FindLatestPoints(MergedSegment segment)
    {
        var latest = new Dictionary<int, int>();
        for (var i = 0; i < segment.Count; i++)
        {
            latest[segment.Samples[i].SeriesId] = i;
        }

        return latest;
    }

    private void WriteSample(ScrapeBuffer buffer, in Sample sample, in Series series)
    {
        var length = 0;
        Span<byte> room;
        if (series.HasQuotedName && escaping == NameEscaping.Underscores)
        {
            WriteEscapedSeries(buffer.Catalog.Outputs.GetText(in series));
            room = output.GetSpan(MaxLengthAfterSeries);
        }
        else
        {
            var (texts, id) = buffer.Catalog.Outputs.LocateText(in series);
            length = texts.GetLength(id);
            room = output.GetSpan(length + MaxLengthAfterSeries);
            texts.CopyText(id, room);
        }

        room[length++] = (byte)' ';
        length += NumberText.FormatValue(sample.Value, room[length..]);
        if (includeTimestamps && buffer.GetTimestamp(in sample) is not Sample.NoTimestamp and var timestamp)
        {
            room[length++] = (byte)' ';
            length += _isOpenMetrics
                ? NumberText.FormatValue(timestamp / 1000.0, room[length..])
                : NumberText.FormatInteger(timestamp, room[length..]);
        }

        var exemplar = _isOpenMetrics ? buffer.GetExemplar(in sample) : default;
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
        var name = ReplaceWithUnderscores(LabelText.ParseSeries(text, _labels), allowColon: true);
        for (var i = 0; i < _labels.Count; i++)
        {
            _labels[i] = _labels[i] with { Name = ReplaceWithUnderscores(_labels[i].Name, allowColon: false) };
        }

        LabelText.WriteSeries(output, name, _labels);
    }

    private void WriteMetadata(MergedFamily family, FamilySection section)
    {
        if (_isOpenMetrics)
        {
            WriteMetadataLine("TYPE"u8, section.Name, Encoding.UTF8.GetBytes(section.Type));
            if (family.Unit.Length > 0 && section.HasFamilyType)
            {
                WriteMetadataLine("UNIT"u8, section.Name, family.Unit);
            }
        }

        if (family.Help.Length > 0)
        {
            var help = new ArrayBufferWriter<byte>(family.Help.Length + 16);
            LabelText.WriteEscapedText(help, family.Help.AsSpan().TrimEnd((byte)'\r'), quotes: _isOpenMetrics);
            WriteMetadataLine("HELP"u8, section.Name, help.WrittenSpan);
        }

        if (!_isOpenMetrics)
        {
            WriteMetadataLine("TYPE"u8, section.Name, Encoding.UTF8.GetBytes(section.Type));
        }
    }

    private void WriteMetadataLine(ReadOnlySpan<byte> keyword, string name, ReadOnlySpan<byte> text)
    {
        output.Write("# "u8);
        output.Write(keyword);
        output.Write(" "u8);
        if (LabelText.IsMetricName(name))
        {
            Encoding.UTF8.GetBytes(name, output);
        }
        else if (escaping == NameEscaping.AllowUtf8)
        {
            LabelText.WriteQuotedText(output, name);
        }
        else
        {
            Encoding.UTF8.GetBytes(ReplaceWithUnderscores(name, allowColon: true), output);
        }

        output.Write(" "u8);
        output.Write(text);
        output.Write("\n"u8);
    }

    private static string ReplaceWithUnderscores(string name, bool allowColon) =>
        string.Create(name.Length, (name, allowColon), static (escaped, source) =>
        {
            for (var i = 0; i < escaped.Length; i++)
            {
                var c = source.name[i];
                var isAllowed = char.IsAsciiLetter(c) || (source.allowColon && c == ':') || (i > 0 && char.IsAsciiDigit(c));
                escaped[i] = isAllowed ? c : '_';
            }
        });
}
