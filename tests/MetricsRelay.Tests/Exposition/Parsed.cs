using System.IO.Pipelines;
using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Merge;

namespace MetricsRelay.Tests.Exposition;

/// <summary>Parses and writes expositions given as texts.</summary>
internal static class Parsed
{
    public static Snapshot Of(string text, ExpositionFormat format, int pieces = int.MaxValue) =>
        Of(Encoding.UTF8.GetBytes(text), format, pieces);

    public static Snapshot Of(byte[] body, ExpositionFormat format, int pieces = int.MaxValue)
    {
        var parser = new ExpositionParser();
        var snapshot = new Snapshot();
        parser.Begin(new Catalog(format, AsIs.Instance), snapshot);
        for (var at = 0; at < body.Length; at += pieces)
        {
            parser.Feed(body.AsSpan(at, Math.Min(pieces, body.Length - at)));
            if (pieces == int.MaxValue)
            {
                break;
            }
        }

        parser.Finish();
        return snapshot;
    }

    public static ExpositionException Refused(string text, ExpositionFormat format) =>
        Assert.Throws<ExpositionException>(() => Of(text, format));

    public static async Task<string> WriteAsync(
        Snapshot snapshot, ExpositionFormat format, Escaping escaping = Escaping.AllowUtf8) =>
        await WriteAsync([("target", snapshot)], format, escaping);

    public static async Task<string> WriteAsync(
        IReadOnlyList<(string, Snapshot)> sources, ExpositionFormat format, Escaping escaping = Escaping.AllowUtf8,
        bool mayOverlap = false)
    {
        var merged = MergedExposition.Of(sources, mayOverlap);
        using var output = new MemoryStream();
        var pipe = PipeWriter.Create(output, new StreamPipeWriterOptions(leaveOpen: true));
        await new ExpositionWriter(pipe, format, escaping).WriteAsync(merged.Families, CancellationToken.None);
        await pipe.CompleteAsync();
        return Encoding.UTF8.GetString(output.ToArray());
    }

    /// <summary>Everything that a snapshot says, in a form to compare: families in order, each with its samples.</summary>
    public static string Describe(Snapshot snapshot)
    {
        var text = new StringBuilder();
        foreach (var family in snapshot.Families)
        {
            text.AppendLine(System.Globalization.CultureInfo.InvariantCulture,
                $"{family.Family.TextName} {family.Family.Type} '{Encoding.UTF8.GetString(family.Family.Help)}' '{Encoding.UTF8.GetString(family.Family.Unit)}'");
            foreach (var sample in snapshot.Samples.Slice(family.Start, family.Count))
            {
                var series = snapshot.Catalog.Series[sample.Series];
                text.Append("  ").Append(Encoding.UTF8.GetString(snapshot.Catalog.OutputText(series)))
                    .Append(' ').Append(BitConverter.DoubleToInt64Bits(sample.Value))
                    .Append(' ').Append(snapshot.TimestampOf(in sample))
                    .AppendLine(snapshot.ExemplarOf(in sample) is { IsEmpty: false } exemplar ? " # " + Encoding.UTF8.GetString(exemplar) : "");
            }
        }

        return text.ToString();
    }
}
