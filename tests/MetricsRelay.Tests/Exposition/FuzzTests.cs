using System.Text;
using MetricsRelay.Exposition;

namespace MetricsRelay.Tests.Exposition;

/// <summary>
/// Whatever comes, the parser reads it or refuses it with a place; what it reads can be written, and what is written
/// can be read again. <c>FUZZ_SECONDS</c> sets how long; the seed is in the message of a failure.
/// </summary>
public sealed class FuzzTests
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
    public async Task No_body_makes_it_fail_otherwise_than_with_a_place(int format)
    {
        var kind = (ExpositionFormat)format;
        var seconds = double.TryParse(Environment.GetEnvironmentVariable("FUZZ_SECONDS"), out var set) ? set : 2;
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var until = Environment.TickCount64 + (long)(seconds * 1000 / 2);
        var read = 0;
        var parser = new ExpositionParser();
        var catalog = new Catalog(kind, AsIs.Instance);
        while (Environment.TickCount64 < until)
        {
            var body = Mutate(random, kind == ExpositionFormat.Text ? Text : OpenMetrics);
            try
            {
                var snapshot = new Snapshot();
                // The same catalog throughout, as a target has that goes mad: what it learns must not lead it astray.
                parser.Begin(catalog, snapshot);
                parser.Feed(body);
                parser.Finish();
                read++;
                var written = await Parsed.WriteAsync(snapshot, kind);
                Assert.Equal(
                    await Parsed.WriteAsync(Parsed.Of(written, kind), kind), written);
                var other = kind == ExpositionFormat.Text ? ExpositionFormat.OpenMetrics : ExpositionFormat.Text;
                Parsed.Of(await Parsed.WriteAsync(snapshot, other), other);
            }
            catch (ExpositionException e) when (e.Line > 0 && e.Column > 0 && !IsWritten(e))
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, body {Convert.ToBase64String(body)}: {e}");
            }
        }

        Assert.True(read > 0);
    }

    // An error of reading what we wrote ourselves comes through Parsed.
    private static bool IsWritten(ExpositionException e) =>
        e.StackTrace!.Contains(nameof(Parsed) + ".Of", StringComparison.Ordinal);

    private static byte[] Mutate(Random random, string text)
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
