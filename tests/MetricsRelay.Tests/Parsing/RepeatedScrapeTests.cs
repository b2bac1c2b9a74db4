using System.Globalization;
using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Parsing;

namespace MetricsRelay.Tests.Parsing;

/// <summary>The knowledge that a parser keeps between scrapes must not change its results.</summary>
public sealed class RepeatedScrapeTests
{
    [Fact]
    public void Scrape_without_new_series_allocates_no_memory()
    {
        var parser = new ExpositionParser();
        var buffer = new ScrapeBuffer();
        var catalog = new SeriesCatalog(ExpositionFormat.OpenMetrics, PassThroughTransform.Instance);
        var bodies = Enumerable.Range(0, 4).Select(Body).ToArray();
        Scrape(bodies[0]);
        Scrape(bodies[1]);
        Scrape(bodies[2]);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Scrape(bodies[3]);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal(2 * 1000 + 13 * 100, buffer.Samples.Length);

        void Scrape(byte[] body)
        {
            parser.BeginScrape(catalog, buffer);
            for (var at = 0; at < body.Length; at += 4000)
            {
                parser.ParsePiece(body.AsSpan(at, Math.Min(4000, body.Length - at)));
            }

            parser.EndScrape();
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
    public void Changes_between_scrapes_are_parsed_like_a_first_scrape()
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
        var catalog = new SeriesCatalog(ExpositionFormat.Text, PassThroughTransform.Instance);
        var buffer = new ScrapeBuffer();

        foreach (var text in scrapes.Concat(scrapes.Reverse()).Concat(scrapes))
        {
            parser.BeginScrape(catalog, buffer);
            parser.ParsePiece(Encoding.UTF8.GetBytes(text));
            parser.EndScrape();

            Assert.Equal(ExpositionText.Describe(ExpositionText.Parse(text, ExpositionFormat.Text)), ExpositionText.Describe(buffer));
        }
    }

    [Fact]
    public void Violations_are_found_in_later_scrapes_of_known_series_too()
    {
        var parser = new ExpositionParser();
        var catalog = new SeriesCatalog(ExpositionFormat.Text, PassThroughTransform.Instance);
        var buffer = new ScrapeBuffer();
        Scrape("a{x=\"1\"} 1\na{x=\"2\"} 2\nb 1\n");

        Assert.Throws<ExpositionFormatException>(() => Scrape("a{x=\"1\"} 1\na{x=\"1\"} 2\n"));
        Assert.Throws<ExpositionFormatException>(() => Scrape("a{x=\"1\"} 1\nb 1\na{x=\"2\"} 2\n"));
        Assert.Throws<ExpositionFormatException>(() => Scrape("a{x=\"1\"} 1\na{x=\"2\"}2\n"));
        Assert.Throws<ExpositionFormatException>(() => Scrape("b 1\n# TYPE b gauge\n"));
        Scrape("a{x=\"1\"} 1\na{x=\"2\"} 2\nb 1\n");

        Assert.Equal(3, buffer.Samples.Length);

        void Scrape(string text)
        {
            parser.BeginScrape(catalog, buffer);
            parser.ParsePiece(Encoding.UTF8.GetBytes(text));
            parser.EndScrape();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(64)]
    public void Body_is_parsed_equally_whatever_pieces_it_arrives_in(int piece)
    {
        const string Text = "# HELP a é\n# TYPE a gauge\n\na{x=\"漢\\n\"} 1\nb 2 3\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n";

        Assert.Equal(
            ExpositionText.Describe(ExpositionText.Parse(Text, ExpositionFormat.Text)),
            ExpositionText.Describe(ExpositionText.Parse(Text, ExpositionFormat.Text, piece)));
    }
}
