using System.IO.Compression;
using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Labeling;
using MetricsRelay.Scraping;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace MetricsRelay.Tests.Scraping;

public sealed class TargetTests
{
    [Fact]
    public async Task Healthy_target_is_up_and_its_samples_are_relayed()
    {
        await using var target = await FakeTarget.StartAsync("# TYPE a gauge\na{x=\"1\"} 1\nb 2\n");
        using var fixture = ScrapeFixture.Create(target);

        var result = await fixture.ScrapeAsync();
        var text = await fixture.WriteAsync();

        Assert.True(result.IsUp);
        Assert.Equal((2, 30L), (result.Samples, result.Bytes));
        Assert.Contains("\nup 1\n", text, StringComparison.Ordinal);
        Assert.Contains("\nscrape_samples_scraped 2\n", text, StringComparison.Ordinal);
        Assert.Contains("\nscrape_response_size_bytes 30\n", text, StringComparison.Ordinal);
        Assert.Contains("\nscrape_duration_seconds ", text, StringComparison.Ordinal);
        Assert.Contains("\na{x=\"1\"} 1\n", text, StringComparison.Ordinal);
        AssertIsValid(text);
    }

    [Fact]
    public async Task Scrape_request_names_accepted_formats_encoding_and_timeout()
    {
        await using var target = await FakeTarget.StartAsync("a 1\n");
        using var fixture = ScrapeFixture.Create(options => options.Scrape.Timeout = TimeSpan.FromSeconds(7.5), target);

        await fixture.ScrapeAsync();

        var headers = target.LastHeaders!;
        Assert.StartsWith("application/openmetrics-text;version=1.0.0", headers.Accept.ToString(), StringComparison.Ordinal);
        Assert.Contains("text/plain;version=0.0.4", headers.Accept.ToString(), StringComparison.Ordinal);
        Assert.Equal("gzip", headers.AcceptEncoding);
        Assert.StartsWith("metrics-relay/", headers.UserAgent.ToString(), StringComparison.Ordinal);
        Assert.Equal("7.5", headers["X-Prometheus-Scrape-Timeout-Seconds"]);
    }

    [Fact]
    public async Task OpenMetrics_response_with_gzip_is_decompressed_and_parsed()
    {
        await using var target = await FakeTarget.StartAsync(async context =>
        {
            context.Response.ContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            context.Response.Headers.ContentEncoding = "gzip";
            await using var zip = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
            await zip.WriteAsync("# TYPE a counter\na_total 1 # {id=\"x\"} 1\n# EOF\n"u8.ToArray());
        });
        using var fixture = ScrapeFixture.Create(target);

        var result = await fixture.ScrapeAsync();

        Assert.Null(result.Error);
        Assert.Contains("a_total 1 # {id=\"x\"} 1\n", await fixture.WriteAsync(ExpositionFormat.OpenMetrics), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500, "text/plain", "a 1\n", "status", "500")]
    [InlineData(302, "text/plain", "a 1\n", "status", "302")]
    [InlineData(204, null, "", "status", "204")]
    [InlineData(200, "text/html", "<html>", "content_type", "text/html")]
    [InlineData(200, "application/json", "{}", "content_type", "application/json")]
    [InlineData(200, "text/plain", "a 1\nb one\n", "format", "line 2, column 3")]
    [InlineData(200, "text/plain", "a 1", "format", "line feed")]
    [InlineData(200, "application/openmetrics-text", "a 1\n", "format", "# EOF")]
    [InlineData(200, "text/plain", "a{x=\"\u00ff", "format", "line 1")]
    public async Task Failed_scrape_is_up_0_with_outcome_and_reason(int status, string? type, string body, string outcome, string reason)
    {
        await using var target = await FakeTarget.StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            if (body.Length > 0)
            {
                await FakeTarget.WriteAsync(context, Encoding.Latin1.GetBytes(body), type);
            }
        });
        using var fixture = ScrapeFixture.Create(target);

        var result = await fixture.ScrapeAsync();

        Assert.False(result.IsUp);
        Assert.Equal(outcome, result.Outcome);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.Contains("\nup 0\n", await fixture.WriteAsync(), StringComparison.Ordinal);
        Assert.Contains(reason, Assert.Single(fixture.Problems.Open).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Series_of_a_target_disappear_when_it_goes_down()
    {
        var target = await FakeTarget.StartAsync("a 1\n");
        using var fixture = ScrapeFixture.Create(target);
        await fixture.ScrapeAsync();
        Assert.Contains("\na 1\n", await fixture.WriteAsync(), StringComparison.Ordinal);
        await target.DisposeAsync();

        var result = await fixture.ScrapeAsync();
        var text = await fixture.WriteAsync();

        Assert.Equal("connection", result.Outcome);
        Assert.Contains("\nup 0\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\na 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recovered_target_is_up_again_and_its_problem_is_cleared()
    {
        await using var target = await FakeTarget.StartAsync("a 1\n");
        var good = target.Handler;
        using var fixture = ScrapeFixture.Create(target);
        target.Handler = context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        Assert.False((await fixture.ScrapeAsync()).IsUp);
        target.Handler = good;

        Assert.True((await fixture.ScrapeAsync()).IsUp);

        Assert.Empty(fixture.Problems.Open);
    }

    [Fact]
    public async Task Endless_body_is_aborted_at_the_body_limit()
    {
        var sent = 0L;
        await using var target = await FakeTarget.StartAsync(async context =>
        {
            context.Response.ContentType = "text/plain";
            var line = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 1000).Select(i => $"# {i} a comment that goes on and on\n")));
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(line, context.RequestAborted);
                Interlocked.Add(ref sent, line.Length);
            }
        });
        using var fixture = ScrapeFixture.Create(options => options.Scrape.MaxBodyBytes = 4 << 20, target);

        var result = await fixture.ScrapeAsync();

        Assert.Equal("body_limit", result.Outcome);
        Assert.InRange(result.Bytes, 4 << 20, 5 << 20);
    }

    [Fact]
    public async Task Gzip_bomb_is_aborted_at_the_decompressed_body_limit()
    {
        using var bomb = new MemoryStream();
        await using (var zip = new GZipStream(bomb, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            Array.Fill(zeros, (byte)'\n');
            for (var i = 0; i < 1024; i++)
            {
                await zip.WriteAsync(zeros);
            }
        }

        await using var target = await FakeTarget.StartAsync(context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return FakeTarget.WriteAsync(context, bomb.ToArray(), "text/plain");
        });
        using var fixture = ScrapeFixture.Create(options => options.Scrape.MaxBodyBytes = 4 << 20, target);

        var result = await fixture.ScrapeAsync();

        Assert.Equal("body_limit", result.Outcome);
        // At most the limit and one buffer of the gigabyte was decompressed.
        Assert.InRange(result.Bytes, 4 << 20, (4 << 20) + (64 << 10));
    }

    [Fact]
    public async Task Body_that_is_not_gzip_despite_its_header_fails_the_scrape()
    {
        await using var target = await FakeTarget.StartAsync(context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return FakeTarget.WriteAsync(context, "a 1\n"u8.ToArray(), "text/plain");
        });
        using var fixture = ScrapeFixture.Create(target);

        Assert.Equal("format", (await fixture.ScrapeAsync()).Outcome);
    }

    [Fact]
    public async Task Million_series_exceed_the_sample_limit_and_fail_the_scrape()
    {
        await using var target = await FakeTarget.StartAsync(async context =>
        {
            context.Response.ContentType = "text/plain";
            for (var i = 0; i < 1_000_000; i += 1000)
            {
                var lines = string.Concat(Enumerable.Range(i, 1000).Select(n => $"a{{n=\"{n}\"}} 1\n"));
                await context.Response.WriteAsync(lines, context.RequestAborted);
            }
        });
        using var fixture = ScrapeFixture.Create(options => options.Scrape.MaxSamples = 10_000, target);

        var result = await fixture.ScrapeAsync();

        Assert.Equal("sample_limit", result.Outcome);
        Assert.Contains("10000 samples", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slow_body_fails_at_the_timeout_without_delaying_other_targets()
    {
        await using var slow = await FakeTarget.StartAsync(async context =>
        {
            context.Response.ContentType = "text/plain";
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while (await timer.WaitForNextTickAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync("#", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        });
        await using var quick = await FakeTarget.StartAsync("a 1\n");
        using var fixture = ScrapeFixture.Create(options => options.Scrape.Timeout = TimeSpan.FromSeconds(2), slow, quick);

        var waiting = fixture.ScrapeAsync(0);
        var quickResult = await fixture.ScrapeAsync(1);

        Assert.True(quickResult.IsUp);
        Assert.False(waiting.IsCompleted);
        Assert.Contains($"up{{instance=\"{quick.Name}\"}} 1\n", await fixture.WriteAsync(), StringComparison.Ordinal);
        Assert.Equal("timeout", (await waiting).Outcome);
    }

    [Fact]
    public async Task Requests_during_a_scrape_share_one_that_starts_afterwards()
    {
        var value = 0;
        var release = new TaskCompletionSource();
        await using var target = await FakeTarget.StartAsync(async context =>
        {
            var mine = Interlocked.Increment(ref value);
            if (mine == 1)
            {
                await release.Task;
            }

            await FakeTarget.WriteAsync(context, Encoding.UTF8.GetBytes($"a {mine}\n"), "text/plain");
        });
        using var fixture = ScrapeFixture.Create(target);

        var first = fixture.TargetSet.Targets[0].ScrapeAsync();
        await Eventually.AssertAsync(() => Volatile.Read(ref value) == 1);
        var later = Enumerable.Range(0, 20).Select(_ => fixture.TargetSet.Targets[0].ScrapeAsync()).ToList();
        release.SetResult();
        await Task.WhenAll(later.Append(first));

        Assert.Equal(2, target.Requests);
        Assert.Contains("\na 2\n", await fixture.WriteAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Series_of_a_target_named_up_is_replaced_by_the_relays()
    {
        await using var target = await FakeTarget.StartAsync("# TYPE up gauge\nup 7\nscrape_duration_seconds 9\na 1\n");
        using var fixture = ScrapeFixture.Create(target);

        await fixture.ScrapeAsync();
        var text = await fixture.WriteAsync();

        Assert.Contains("\nup 1\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("up 7", text, StringComparison.Ordinal);
        AssertIsValid(text);
    }

    [Fact]
    public async Task Several_targets_are_distinguished_by_the_instance_label()
    {
        await using var a = await FakeTarget.StartAsync("# TYPE x gauge\nx{instance=\"mine\"} 1\n");
        await using var b = await FakeTarget.StartAsync("# TYPE x gauge\nx 2\n");
        using var fixture = ScrapeFixture.Create(a, b);

        await fixture.ScrapeAsync(0);
        await fixture.ScrapeAsync(1);
        var text = await fixture.WriteAsync();

        Assert.Contains($"x{{exported_instance=\"mine\",instance=\"{a.Name}\"}} 1\nx{{instance=\"{b.Name}\"}} 2\n", text, StringComparison.Ordinal);
        Assert.Contains($"up{{instance=\"{a.Name}\"}} 1\nup{{instance=\"{b.Name}\"}} 1\n", text, StringComparison.Ordinal);
        AssertIsValid(text);
    }

    [Fact]
    public async Task Label_of_the_target_is_kept_with_honor_labels()
    {
        await using var a = await FakeTarget.StartAsync("x{instance=\"mine\"} 1\n");
        await using var b = await FakeTarget.StartAsync("x{instance=\"mine\"} 2\nx 3\n");
        using var fixture = ScrapeFixture.Create(options => options.Scrape.HonorLabels = true, a, b);

        await fixture.ScrapeAsync(0);
        await fixture.ScrapeAsync(1);
        var text = await fixture.WriteAsync();

        Assert.Contains($"x{{instance=\"mine\"}} 1\nx{{instance=\"{b.Name}\"}} 3\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("x{instance=\"mine\"} 2", text, StringComparison.Ordinal);
        AssertIsValid(text);
    }

    [Fact]
    public async Task External_labels_are_added_only_where_they_are_missing()
    {
        await using var target = await FakeTarget.StartAsync("x{pod=\"own\"} 1\ny 2\n");
        using var fixture = ScrapeFixture.Create(options => options.ExternalLabels = new() { ["pod"] = "p\"1", ["node"] = "n" }, target);

        await fixture.ScrapeAsync();
        var text = await fixture.WriteAsync();

        Assert.Contains("x{pod=\"own\",node=\"n\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("y{pod=\"p\\\"1\",node=\"n\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("up{pod=\"p\\\"1\",node=\"n\"} 1\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bug_in_the_relay_fails_one_scrape_and_the_next_succeeds(bool isWhileReading)
    {
        await using var server = await FakeTarget.StartAsync("n 1\n");
        var problems = new Problems(TimeProvider.System, NullLogger<Problems>.Instance);
        var labels = new TargetLabels([], false, new Dictionary<string, string>(), []);
        var faults = 1;
        using var target = new Target(
            new TargetIdentity(server.Url, "t"), new ScrapeOptions(), labels, new FaultyTransform(labels, () => Fail(isWhileReading)),
            TimeProvider.System, new ScrapeMetrics(Prometheus.Metrics.WithCustomRegistry(Prometheus.Metrics.NewCustomRegistry())).AddTarget("t"), problems,
            () => Fail(!isWhileReading));

        await target.ScrapeAsync();
        Assert.Equal((false, "internal"), (target.LastResult!.IsUp, target.LastResult.Outcome));
        Assert.Null(target.Samples);
        Assert.Contains("OutOfMemoryException", Assert.Single(problems.Open).What, StringComparison.Ordinal);

        await target.ScrapeAsync();
        Assert.True(target.LastResult!.IsUp, target.LastResult.Error);
        Assert.NotNull(target.Samples);
        Assert.Empty(problems.Open);

        void Fail(bool here)
        {
            if (here && Interlocked.Decrement(ref faults) == 0)
            {
                // No array may have this length.
                GC.KeepAlive(GC.AllocateUninitializedArray<byte>(int.MaxValue));
            }
        }
    }

    [Fact]
    public async Task Constantly_changing_series_do_not_accumulate_in_the_catalog()
    {
        var scrape = 0;
        await using var target = await FakeTarget.StartAsync(context =>
        {
            var mine = Interlocked.Increment(ref scrape);
            var lines = string.Concat(Enumerable.Range(0, 5000).Select(n => $"a{{scrape=\"{mine}\",n=\"{n}\"}} 1\n"));
            return FakeTarget.WriteAsync(context, Encoding.UTF8.GetBytes(lines), "text/plain");
        });
        using var fixture = ScrapeFixture.Create(target);
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(5000, (await fixture.ScrapeAsync()).Samples);
            var merged = fixture.TargetSet.LeaseMerged();
            Assert.InRange(merged.Families[^1].Segments[0].Buffer.Catalog.SeriesCount, 5000, 15_000);
            merged.ReleaseLease();
        }

        Assert.Contains("a{scrape=\"8\",n=\"4999\"} 1\n", await fixture.WriteAsync(), StringComparison.Ordinal);
    }

    private static void AssertIsValid(string text) => ExpositionText.Parse(text, ExpositionFormat.Text);

    [Fact]
    public async Task Constantly_changing_texts_and_names_do_not_accumulate_in_the_catalog()
    {
        var scrape = 0;
        await using var target = await FakeTarget.StartAsync(context =>
        {
            var mine = Interlocked.Increment(ref scrape);
            var lines = string.Concat(Enumerable.Range(0, 5000).Select(n => $"a{{{new string(' ', mine)}n=\"{n}\"}} 1\n"));
            var names = string.Concat(Enumerable.Range(0, 5000).Select(n => $"# TYPE m_{mine}_{n} gauge\n"));
            return FakeTarget.WriteAsync(context, Encoding.UTF8.GetBytes(lines + names), "text/plain");
        });
        using var fixture = ScrapeFixture.Create(target);
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(5000, (await fixture.ScrapeAsync()).Samples);
            var merged = fixture.TargetSet.LeaseMerged();
            var catalog = merged.Families[^1].Segments[0].Buffer.Catalog;
            Assert.InRange(catalog.Texts.Count, 5000, 15_000);
            Assert.InRange(catalog.Names.Count, 5000, 16_000);
            merged.ReleaseLease();
        }
    }

    [Fact]
    public async Task Catalog_of_a_steady_target_is_kept_between_scrapes()
    {
        var lines = string.Concat(Enumerable.Range(0, 5000).Select(n => $"# TYPE h{n} histogram\n"))
            + string.Concat(Enumerable.Range(0, 5000).Select(n => $"a{{n=\"{n}\"}} 1\n"));
        await using var target = await FakeTarget.StartAsync(lines);
        using var fixture = ScrapeFixture.Create(target);
        var catalogs = new HashSet<SeriesCatalog>();
        for (var i = 0; i < 4; i++)
        {
            await fixture.ScrapeAsync();
            var merged = fixture.TargetSet.LeaseMerged();
            catalogs.Add(merged.Families[^1].Segments[0].Buffer.Catalog);
            merged.ReleaseLease();
        }

        Assert.Single(catalogs);
    }

    private sealed class FaultyTransform(ISeriesTransform inner, Action fail) : ISeriesTransform
    {
        public bool MayMergeSeries => inner.MayMergeSeries;

        public bool TransformSeries(ref string name, List<Label> labels)
        {
            fail();
            return inner.TransformSeries(ref name, labels);
        }
    }
}
