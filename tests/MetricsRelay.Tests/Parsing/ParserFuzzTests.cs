using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Parsing;
using Xunit.Abstractions;

namespace MetricsRelay.Tests.Parsing;

/// <summary>
/// The parser accepts any body or rejects it with a position; accepted bodies can be written, and written ones can be parsed again.
/// <c>FUZZ_SECONDS</c> sets the duration.
/// </summary>
public sealed class ParserFuzzTests(ITestOutputHelper output)
{
    private const string Text =
        "# HELP a The help \\n with \\\\ escapes.\n# TYPE a counter\na{x=\"1\",y=\"a\\\"b\"} 1.5e3 1395066363000\na{x=\"2\"} NaN\n"
        + "# TYPE h histogram\nh_bucket{z=\"1\",le=\"0.5\"} 1\nh_bucket{z=\"1\",le=\"+Inf\"} 2\nh_sum{z=\"1\"} 0.7\nh_count{z=\"1\"} 2\n"
        + "# TYPE s summary\ns{quantile=\"0.5\"} 3\ns_sum 4\ns_count 1\nplain +Inf\n{\"quo.ted\",\"la.bel\"=\"é\"} -0\n";

    private const string OpenMetrics =
        "# TYPE a counter\n# UNIT a \n# HELP a Help.\na_total{x=\"1\"} 1 12.5 # {id=\"é\"} 0.5 12\na_created{x=\"1\"} 1 12.5\n"
        + "# TYPE h_s histogram\n# UNIT h_s s\nh_s_bucket{le=\"0.5\"} 1 # {} 0.2\nh_s_bucket{le=\"+Inf\"} 2\nh_s_count 2\nh_s_sum 0.7\n"
        + "# TYPE g gaugehistogram\ng_bucket{le=\"+Inf\"} 2\ng_gcount 2\ng_gsum 1\n# TYPE i info\ni_info{v=\"1\"} 1\n"
        + "# TYPE t stateset\nt{t=\"on\"} 1\nt{t=\"off\"} 0\n# TYPE s summary\ns{quantile=\"0.5\"} 3\ns_sum 4\ns_count 1\nu 3\n# EOF\n";

    private static readonly string[] Pieces =
    [
        "\n", " ", "\t", "{", "}", "\"", "\\", "=", ",", "#", "# EOF\n", "# TYPE ", "# HELP ", "# UNIT ", "_total", "_bucket",
        "le=\"", "+Inf", "NaN", "-1", "1e308", "0x1", "1_0", "\r", "\0", "é", "quantile=\"2\"", " # {} 1", "a", "a 1\n",
    ];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Mutated_body_is_parsed_or_rejected_with_a_position(int format)
    {
        var kind = (ExpositionFormat)format;
        var seconds = double.TryParse(Environment.GetEnvironmentVariable("FUZZ_SECONDS"), out var set) ? set : 2;
        var random = RandomSource.Create(output);
        var until = Environment.TickCount64 + (long)(seconds * 1000 / 2);
        var read = 0;
        var parser = new ExpositionParser();
        var catalog = new SeriesCatalog(kind, PassThroughTransform.Instance);
        while (Environment.TickCount64 < until)
        {
            var body = MutateBody(random, kind == ExpositionFormat.Text ? Text : OpenMetrics);
            try
            {
                var buffer = new ScrapeBuffer();
                // The same catalog for all bodies, so that knowledge from invalid bodies is tested too.
                parser.BeginScrape(catalog, buffer);
                parser.ParsePiece(body);
                parser.EndScrape();
                read++;
                var written = await ExpositionText.WriteAsync(buffer, kind);
                Assert.Equal(
                    await ExpositionText.WriteAsync(ExpositionText.Parse(written, kind), kind), written);
                var other = kind == ExpositionFormat.Text ? ExpositionFormat.OpenMetrics : ExpositionFormat.Text;
                ExpositionText.Parse(await ExpositionText.WriteAsync(buffer, other), other);
            }
            catch (ExpositionFormatException exception) when (exception.Line > 0 && exception.Column > 0 && !IsFromWrittenText(exception))
            {
            }
            catch (Exception exception)
            {
                Assert.Fail($"TEST_SEED={random.Seed}, body {Convert.ToBase64String(body)}: {exception}");
            }
        }

        Assert.True(read > 0);
    }

    // Parsing the written text goes through ExpositionText, so its errors have that class in the stack trace.
    private static bool IsFromWrittenText(ExpositionFormatException exception) =>
        exception.StackTrace!.Contains(nameof(ExpositionText) + ".Parse", StringComparison.Ordinal);

    private static byte[] MutateBody(Random random, string text)
    {
        var body = new List<byte>(Encoding.UTF8.GetBytes(text));
        for (var changes = random.Next(6); changes > 0; changes--)
        {
            var at = random.Next(body.Count + 1);
            switch (random.Next(6))
            {
                case 0:
                    body.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
                case 1:
                    body.Insert(at, (byte)random.Next(256));
                    break;
                case 2 when at < body.Count:
                    body[at] = (byte)random.Next(256);
                    break;
                case 3 when at < body.Count:
                    body.RemoveRange(at, Math.Min(random.Next(12), body.Count - at));
                    break;
                case 4:
                    var from = random.Next(body.Count + 1);
                    body.InsertRange(at, body.GetRange(from, Math.Min(random.Next(60), body.Count - from)));
                    break;
                case 5:
                    var lines = Encoding.UTF8.GetString([.. body]).Split('\n').ToList();
                    var line = random.Next(lines.Count);
                    lines.Insert(random.Next(lines.Count), lines[line]);
                    body = [.. Encoding.UTF8.GetBytes(string.Join('\n', lines))];
                    break;
            }
        }

        return [.. body];
    }
}
