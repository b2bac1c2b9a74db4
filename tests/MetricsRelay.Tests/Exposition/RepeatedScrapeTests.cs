using System.Globalization;
using System.Text;
using MetricsRelay.Exposition;

namespace MetricsRelay.Tests.Exposition;

/// <summary>What the parser remembers from scrape to scrape must never change what it reads.</summary>
public sealed class RepeatedScrapeTests
{
    [Fact]
    public void A_scrape_that_says_nothing_new_allocates_nothing()
    {
        var parser = new ExpositionParser();
        var snapshot = new Snapshot();
        var catalog = new Catalog(ExpositionFormat.OpenMetrics, AsIs.Instance);
        var bodies = Enumerable.Range(0, 4).Select(Body).ToArray();
        Scrape(bodies[0]);
        Scrape(bodies[1]);
        Scrape(bodies[2]);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Scrape(bodies[3]);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal(2 * 1000 + 13 * 100, snapshot.Samples.Length);

        void Scrape(byte[] body)
        {
            parser.Begin(catalog, snapshot);
            for (var at = 0; at < body.Length; at += 4000)
            {
                parser.Feed(body.AsSpan(at, Math.Min(4000, body.Length - at)));
            }

            parser.Finish();
        }

        static byte[] Body(int scrape)
        {
            var text = new StringBuilder("# TYPE g gauge\n# HELP g Some help.\n");
            for (var i = 0; i < 1000; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"g{{pod=\"p{i}\"}} {(i * 0.37) + scrape}\n");
            }

            text.Append("# TYPE c counter\n");
            for (var i = 0; i < 1000; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"c_total{{pod=\"p{i}\"}} {i * scrape}\n");
            }

            text.Append("# TYPE h_seconds histogram\n# UNIT h_seconds seconds\n");
            for (var i = 0; i < 100; i++)
            {
                for (var bucket = 0; bucket < 10; bucket++)
                {
                    text.Append(CultureInfo.InvariantCulture, $"h_seconds_bucket{{pod=\"p{i}\",le=\"{bucket}\"}} {bucket * scrape} # {{id=\"x{scrape}\"}} 0\n");
                }

                text.Append(CultureInfo.InvariantCulture, $"h_seconds_bucket{{pod=\"p{i}\",le=\"+Inf\"}} {9 * scrape}\nh_seconds_sum{{pod=\"p{i}\"}} 3.5\nh_seconds_count{{pod=\"p{i}\"}} {9 * scrape}\n");
            }

            return Encoding.UTF8.GetBytes(text.Append("# EOF\n").ToString());
        }
    }

    [Fact]
    public void What_changes_between_scrapes_is_read_as_if_it_were_the_first()
    {
        string[] scrapes =
        [
            "# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\n# TYPE b counter\nb 3\n",
            "# TYPE a gauge\na{x=\"2\"} 2\na{x=\"1\"} 1\n# TYPE b counter\nb 4\n",
            "a{x=\"1\"} 1\nb 4\n",
            "# TYPE a counter\na{x=\"1\"} 1\n# HELP b now with help\nb 4\n",
            "b 4\na{x=\"1\"} 1\n",
            "# TYPE b histogram\nb_bucket{le=\"+Inf\"} 1\nb_sum 1\nb_count 1\na{x=\"1\"} 1 5\n",
            "b_bucket{le=\"+Inf\"} 1\nb_sum 1\nb_count 1\na 1\na{x=\"1\"} 1\n",
            "b_bucket  {le=\"+Inf\",} 1\nb_sum{} 1\nb_count 1\na 1\na{ x=\"1\"} 1\n",
            "a{x=\"1\"} 1\na{x=\"2\"} 2\n",
        ];
        var parser = new ExpositionParser();
        var catalog = new Catalog(ExpositionFormat.Text, AsIs.Instance);
        var snapshot = new Snapshot();

        foreach (var text in scrapes.Concat(scrapes.Reverse()).Concat(scrapes))
        {
            parser.Begin(catalog, snapshot);
            parser.Feed(Encoding.UTF8.GetBytes(text));
            parser.Finish();

            Assert.Equal(Parsed.Describe(Parsed.Of(text, ExpositionFormat.Text)), Parsed.Describe(snapshot));
        }
    }

    [Fact]
    public void Mistakes_are_found_in_a_later_scrape_too()
    {
        var parser = new ExpositionParser();
        var catalog = new Catalog(ExpositionFormat.Text, AsIs.Instance);
        var snapshot = new Snapshot();
        Scrape("a{x=\"1\"} 1\na{x=\"2\"} 2\nb 1\n");

        Assert.Throws<ExpositionException>(() => Scrape("a{x=\"1\"} 1\na{x=\"1\"} 2\n"));
        Assert.Throws<ExpositionException>(() => Scrape("a{x=\"1\"} 1\nb 1\na{x=\"2\"} 2\n"));
        Assert.Throws<ExpositionException>(() => Scrape("a{x=\"1\"} 1\na{x=\"2\"}2\n"));
        Assert.Throws<ExpositionException>(() => Scrape("b 1\n# TYPE b gauge\n"));
        Scrape("a{x=\"1\"} 1\na{x=\"2\"} 2\nb 1\n");

        Assert.Equal(3, snapshot.Samples.Length);

        void Scrape(string text)
        {
            parser.Begin(catalog, snapshot);
            parser.Feed(Encoding.UTF8.GetBytes(text));
            parser.Finish();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(64)]
    public void It_does_not_matter_in_which_pieces_a_body_arrives(int piece)
    {
        const string Text = "# HELP a é\n# TYPE a gauge\n\na{x=\"漢\\n\"} 1\nb 2 3\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n";

        Assert.Equal(
            Parsed.Describe(Parsed.Of(Text, ExpositionFormat.Text)),
            Parsed.Describe(Parsed.Of(Text, ExpositionFormat.Text, piece)));
    }
}
