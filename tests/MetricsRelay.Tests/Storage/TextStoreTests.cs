using System.Text;
using MetricsRelay.Storage;

namespace MetricsRelay.Tests.Storage;

/// <summary>Texts are returned unchanged, whatever prefix they share with the previous text.</summary>
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
    public void Added_text_is_found_by_content_and_returned_unchanged()
    {
        var table = new TextTable(new ByteArena());
        for (var i = 0; i < Texts.Length; i++)
        {
            Assert.Equal(-1, table.FindId(Encoding.UTF8.GetBytes(Texts[i])));
            Assert.Equal(i, table.AddText(Encoding.UTF8.GetBytes(Texts[i]), i - 1));
        }

        for (var i = 0; i < Texts.Length; i++)
        {
            Assert.Equal(i, table.FindId(Encoding.UTF8.GetBytes(Texts[i])));
            Assert.Equal(Texts[i], Encoding.UTF8.GetString(table[i]));
        }
    }

    [Fact]
    public void Prefix_and_equality_checks_agree_with_those_of_strings()
    {
        var store = new TextStore(new ByteArena());
        for (var i = 0; i < Texts.Length; i++)
        {
            store.AddText(Encoding.UTF8.GetBytes(Texts[i]), i - 1);
        }

        foreach (var line in Texts)
        {
            for (var i = 0; i < Texts.Length; i++)
            {
                Assert.Equal(line.StartsWith(Texts[i], StringComparison.Ordinal), store.IsPrefixOf(i, Encoding.UTF8.GetBytes(line)));
                Assert.Equal(line == Texts[i], store.IsEqualTo(i, Encoding.UTF8.GetBytes(line)));
            }
        }
    }

    [Fact]
    public void Every_one_of_twenty_thousand_texts_is_found_again()
    {
        const int Count = 20_000;
        var table = new TextTable(new ByteArena());
        for (var i = 0; i < Count; i++)
        {
            table.AddText(Encoding.UTF8.GetBytes($"latency_seconds_bucket{{queue=\"{i / 10}\",le=\"{i % 10}\"}}"), i - 1);
        }

        for (var i = 0; i < Count; i++)
        {
            var text = $"latency_seconds_bucket{{queue=\"{i / 10}\",le=\"{i % 10}\"}}";
            Assert.Equal(i, table.FindId(Encoding.UTF8.GetBytes(text)));
            Assert.Equal(text, Encoding.UTF8.GetString(table[i]));
        }
    }
}
