using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Merging;
using MetricsRelay.Parsing;
using MetricsRelay.Writing;

namespace MetricsRelay.Tests;

/// <summary>Parses and writes expositions given as text.</summary>
internal static class ExpositionText
{
    public static ScrapeBuffer Parse(string text, ExpositionFormat format, int pieceLength = int.MaxValue) =>
        Parse(Encoding.UTF8.GetBytes(text), format, pieceLength);

    public static ScrapeBuffer Parse(byte[] body, ExpositionFormat format, int pieceLength = int.MaxValue)
    {
        var parser = new ExpositionParser();
        var buffer = new ScrapeBuffer();
        parser.BeginScrape(new SeriesCatalog(format, PassThroughTransform.Instance), buffer);
        for (var at = 0; at < body.Length; at += pieceLength)
        {
            parser.ParsePiece(body.AsSpan(at, Math.Min(pieceLength, body.Length - at)));
            if (pieceLength == int.MaxValue)
            {
                break;
            }
        }

        parser.EndScrape();
        return buffer;
    }

    public static ExpositionFormatException ParseInvalid(string text, ExpositionFormat format) =>
        Assert.Throws<ExpositionFormatException>(() => Parse(text, format));

    public static async Task<string> WriteAsync(
        ScrapeBuffer buffer, ExpositionFormat format, NameEscaping escaping = NameEscaping.AllowUtf8) =>
        await WriteAsync([("target", buffer)], format, escaping);

    public static async Task<string> WriteAsync(
        IReadOnlyList<(string, ScrapeBuffer)> sources, ExpositionFormat format, NameEscaping escaping = NameEscaping.AllowUtf8,
        bool mayOverlap = false)
    {
        var merged = MergedExposition.MergeSources(sources, mayOverlap);
        using var output = new MemoryStream();
        var pipe = PipeWriter.Create(output, new StreamPipeWriterOptions(leaveOpen: true));
        await new MergedExpositionWriter(pipe, format, escaping).WriteFamiliesAsync(merged.Families, CancellationToken.None);
        await pipe.CompleteAsync();
        return Encoding.UTF8.GetString(output.ToArray());
    }

    /// <summary>Everything in a buffer as comparable text: the families in order, each with its samples.</summary>
    public static string Describe(ScrapeBuffer buffer)
    {
        var text = new StringBuilder();
        foreach (var span in buffer.Families)
        {
            var (help, unit) = (Encoding.UTF8.GetString(span.Family.Help), Encoding.UTF8.GetString(span.Family.Unit));
            text.AppendLine(CultureInfo.InvariantCulture, $"{span.Family.TextName} {span.Family.Type} '{help}' '{unit}'");
            foreach (var sample in buffer.Samples.Slice(span.Start, span.Count))
            {
                var series = buffer.Catalog.Series[sample.SeriesId];
                text.Append("  ").Append(Encoding.UTF8.GetString(buffer.Catalog.Outputs.GetText(series)))
                    .Append(' ').Append(BitConverter.DoubleToInt64Bits(sample.Value))
                    .Append(' ').Append(buffer.GetTimestamp(in sample))
                    .AppendLine(buffer.GetExemplar(in sample) is { IsEmpty: false } exemplar ? " # " + Encoding.UTF8.GetString(exemplar) : "");
            }
        }

        return text.ToString();
    }
}
