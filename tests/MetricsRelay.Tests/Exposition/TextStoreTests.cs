using System.Text;
using MetricsRelay.Exposition;

namespace MetricsRelay.Tests.Exposition;

/// <summary>Texts come out as they went in, whatever they share with the text before.</summary>
public sealed class TextStoreTests
{
    private static readonly string Long = new('x', 40_000);

    private static readonly string[] Texts =
    [
        "latency_seconds_bucket{queue=\"a\",le=\"0.5\"}",
        "latency_seconds_bucket{queue=\"a\",le=\"1\"}",
        "latency_seconds_bucket{queue=\"a\",le=\"+Inf\"}",
        "latency_seconds_bucket{queue=\"a\",le=\"",
        "latency_seconds_sum{queue=\"a\"}",
        "latency_seconds_bucket{queue=\"b\",le=\"0.5\"}",
        "",
        "up",
        Long + "{a=\"1\"}",
        Long + "{a=\"2\"}",
        Long + Long[..20_000],
        "latency_seconds_bucket{queue=\"a\",le=\"0.5\"} and more",
    ];

    [Fact]
    public void A_text_is_found_again_and_reads_as_it_was_added()
    {
        var table = new TextTable(new Arena());
        for (var i = 0; i < Texts.Length; i++)
        {
            Assert.Equal(-1, table.Find(Encoding.UTF8.GetBytes(Texts[i])));
            Assert.Equal(i, table.Add(Encoding.UTF8.GetBytes(Texts[i]), i - 1));
        }

        for (var i = 0; i < Texts.Length; i++)
        {
            Assert.Equal(i, table.Find(Encoding.UTF8.GetBytes(Texts[i])));
            Assert.Equal(Texts[i], Encoding.UTF8.GetString(table[i]));
        }
    }

    [Fact]
    public void A_line_begins_with_a_text_or_not_as_with_a_string()
    {
        var store = new TextStore(new Arena());
        for (var i = 0; i < Texts.Length; i++)
        {
            store.Add(Encoding.UTF8.GetBytes(Texts[i]), i - 1);
        }

        foreach (var line in Texts)
        {
            for (var i = 0; i < Texts.Length; i++)
            {
                Assert.Equal(line.StartsWith(Texts[i], StringComparison.Ordinal), store.IsStartOf(i, Encoding.UTF8.GetBytes(line)));
                Assert.Equal(line == Texts[i], store.IsEqual(i, Encoding.UTF8.GetBytes(line)));
            }
        }
    }

    [Fact]
    public void Of_many_texts_each_is_found()
    {
        const int Count = 20_000;
        var table = new TextTable(new Arena());
        for (var i = 0; i < Count; i++)
        {
            table.Add(Encoding.UTF8.GetBytes($"latency_seconds_bucket{{queue=\"{i / 10}\",le=\"{i % 10}\"}}"), i - 1);
        }

        for (var i = 0; i < Count; i++)
        {
            var text = $"latency_seconds_bucket{{queue=\"{i / 10}\",le=\"{i % 10}\"}}";
            Assert.Equal(i, table.Find(Encoding.UTF8.GetBytes(text)));
            Assert.Equal(text, Encoding.UTF8.GetString(table[i]));
        }
    }
}
