using System.Diagnostics.Metrics;
using System.IO.Compression;
using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Labels;
using MetricsRelay.Scrape;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace MetricsRelay.Tests.Scrape;

public sealed class TargetTests
{
    [Fact]
    public async Task A_target_that_is_well_is_up_with_its_samples()
    {
        await using var target = await FakeTarget.StartAsync("# TYPE a gauge\na{x=\"1\"} 1\nb 2\n");
        using var boards = Boards.Of(target);

        var result = await boards.ScrapeAsync();
        var text = await boards.WriteAsync();

        Assert.True(result.Up);
        Assert.Equal((2, 30L), (result.Samples, result.Bytes));
        Assert.Contains("\nup 1\n", text, StringComparison.Ordinal);
        Assert.Contains("\nscrape_samples_scraped 2\n", text, StringComparison.Ordinal);
        Assert.Contains("\nscrape_response_size_bytes 30\n", text, StringComparison.Ordinal);
        Assert.Contains("\nscrape_duration_seconds ", text, StringComparison.Ordinal);
        Assert.Contains("\na{x=\"1\"} 1\n", text, StringComparison.Ordinal);
        Parsed(text);
    }

    [Fact]
    public async Task The_request_says_what_it_takes()
    {
        await using var target = await FakeTarget.StartAsync("a 1\n");
        using var boards = Boards.Of(options => options.Scrape.Timeout = TimeSpan.FromSeconds(7.5), target);

        await boards.ScrapeAsync();

        var headers = target.LastHeaders!;
        Assert.StartsWith("application/openmetrics-text;version=1.0.0", headers.Accept.ToString(), StringComparison.Ordinal);
        Assert.Contains("text/plain;version=0.0.4", headers.Accept.ToString(), StringComparison.Ordinal);
        Assert.Equal("gzip", headers.AcceptEncoding);
        Assert.StartsWith("metrics-relay/", headers.UserAgent.ToString(), StringComparison.Ordinal);
        Assert.Equal("7.5", headers["X-Prometheus-Scrape-Timeout-Seconds"]);
    }

    [Fact]
    public async Task OpenMetrics_and_gzip_are_understood()
    {
        await using var target = await FakeTarget.StartAsync(async context =>
        {
            context.Response.ContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            context.Response.Headers.ContentEncoding = "gzip";
            await using var zip = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
            await zip.WriteAsync("# TYPE a counter\na_total 1 # {id=\"x\"} 1\n# EOF\n"u8.ToArray());
        });
        using var boards = Boards.Of(target);

        var result = await boards.ScrapeAsync();

        Assert.Null(result.Error);
        Assert.Contains("a_total 1 # {id=\"x\"} 1\n", await boards.WriteAsync(ExpositionFormat.OpenMetrics), StringComparison.Ordinal);
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
    public async Task What_a_target_does_wrong_is_up_0_with_the_reason(int status, string? type, string body, string outcome, string reason)
    {
        await using var target = await FakeTarget.StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            if (body.Length > 0)
            {
                await FakeTarget.WriteAsync(context, Encoding.Latin1.GetBytes(body), type);
            }
        });
        using var boards = Boards.Of(target);

        var result = await boards.ScrapeAsync();

        Assert.False(result.Up);
        Assert.Equal(outcome, result.Outcome);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.Contains("\nup 0\n", await boards.WriteAsync(), StringComparison.Ordinal);
        Assert.Contains(reason, Assert.Single(boards.Problems.Open).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_series_of_a_target_that_went_down_are_gone()
    {
        var target = await FakeTarget.StartAsync("a 1\n");
        using var boards = Boards.Of(target);
        await boards.ScrapeAsync();
        Assert.Contains("\na 1\n", await boards.WriteAsync(), StringComparison.Ordinal);
        await target.DisposeAsync();

        var result = await boards.ScrapeAsync();
        var text = await boards.WriteAsync();

        Assert.Equal("connection", result.Outcome);
        Assert.Contains("\nup 0\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\na 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_that_comes_back_is_up_again_and_its_problem_is_over()
    {
        await using var target = await FakeTarget.StartAsync("a 1\n");
        var good = target.Answer;
        using var boards = Boards.Of(target);
        target.Answer = context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        Assert.False((await boards.ScrapeAsync()).Up);
        target.Answer = good;

        Assert.True((await boards.ScrapeAsync()).Up);

        Assert.Empty(boards.Problems.Open);
    }

    [Fact]
    public async Task A_body_that_never_ends_is_cut_at_the_limit()
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
        using var boards = Boards.Of(options => options.Scrape.MaxBodyBytes = 4 << 20, target);

        var result = await boards.ScrapeAsync();

        Assert.Equal("body_limit", result.Outcome);
        Assert.InRange(result.Bytes, 4 << 20, 5 << 20);
    }

    [Fact]
    public async Task A_gzip_bomb_is_cut_at_the_limit_of_what_it_unfolds_to()
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
        using var boards = Boards.Of(options => options.Scrape.MaxBodyBytes = 4 << 20, target);

        var result = await boards.ScrapeAsync();

        Assert.Equal("body_limit", result.Outcome);
        // Of the gigabyte no more was unfolded than up to the limit, and one buffer.
        Assert.InRange(result.Bytes, 4 << 20, (4 << 20) + (64 << 10));
    }

    [Fact]
    public async Task What_is_not_gzip_though_it_says_so_is_refused()
    {
        await using var target = await FakeTarget.StartAsync(context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return FakeTarget.WriteAsync(context, "a 1\n"u8.ToArray(), "text/plain");
        });
        using var boards = Boards.Of(target);

        Assert.Equal("format", (await boards.ScrapeAsync()).Outcome);
    }

    [Fact]
    public async Task A_million_series_are_too_many()
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
        using var boards = Boards.Of(options => options.Scrape.MaxSamples = 10_000, target);

        var result = await boards.ScrapeAsync();

        Assert.Equal("sample_limit", result.Outcome);
        Assert.Contains("10000 samples", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_byte_a_while_ends_at_the_timeout_and_keeps_no_other_target_waiting()
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
        using var boards = Boards.Of(options => options.Scrape.Timeout = TimeSpan.FromSeconds(2), slow, quick);

        var waiting = boards.ScrapeAsync(0);
        var quickResult = await boards.ScrapeAsync(1);

        Assert.True(quickResult.Up);
        Assert.False(waiting.IsCompleted);
        Assert.Contains($"up{{instance=\"{quick.Name}\"}} 1\n", await boards.WriteAsync(), StringComparison.Ordinal);
        Assert.Equal("timeout", (await waiting).Outcome);
    }

    [Fact]
    public async Task Who_asks_during_a_scrape_gets_one_that_began_afterwards_and_all_share_it()
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
        using var boards = Boards.Of(target);

        var first = boards.Board.Targets[0].ScrapeAsync();
        await Eventually.IsTrueAsync(() => Volatile.Read(ref value) == 1);
        var later = Enumerable.Range(0, 20).Select(_ => boards.Board.Targets[0].ScrapeAsync()).ToList();
        release.SetResult();
        await Task.WhenAll(later.Append(first));

        Assert.Equal(2, target.Requests);
        Assert.Contains("\na 2\n", await boards.WriteAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_targets_own_up_does_not_stand_beside_the_relays()
    {
        await using var target = await FakeTarget.StartAsync("# TYPE up gauge\nup 7\nscrape_duration_seconds 9\na 1\n");
        using var boards = Boards.Of(target);

        await boards.ScrapeAsync();
        var text = await boards.WriteAsync();

        Assert.Contains("\nup 1\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("up 7", text, StringComparison.Ordinal);
        Parsed(text);
    }

    [Fact]
    public async Task Several_targets_are_told_apart_by_instance()
    {
        await using var a = await FakeTarget.StartAsync("# TYPE x gauge\nx{instance=\"mine\"} 1\n");
        await using var b = await FakeTarget.StartAsync("# TYPE x gauge\nx 2\n");
        using var boards = Boards.Of(a, b);

        await boards.ScrapeAsync(0);
        await boards.ScrapeAsync(1);
        var text = await boards.WriteAsync();

        Assert.Contains($"x{{exported_instance=\"mine\",instance=\"{a.Name}\"}} 1\nx{{instance=\"{b.Name}\"}} 2\n", text, StringComparison.Ordinal);
        Assert.Contains($"up{{instance=\"{a.Name}\"}} 1\nup{{instance=\"{b.Name}\"}} 1\n", text, StringComparison.Ordinal);
        Parsed(text);
    }

    [Fact]
    public async Task With_honor_labels_the_targets_own_label_stays()
    {
        await using var a = await FakeTarget.StartAsync("x{instance=\"mine\"} 1\n");
        await using var b = await FakeTarget.StartAsync("x{instance=\"mine\"} 2\nx 3\n");
        using var boards = Boards.Of(options => options.Scrape.HonorLabels = true, a, b);

        await boards.ScrapeAsync(0);
        await boards.ScrapeAsync(1);
        var text = await boards.WriteAsync();

        Assert.Contains($"x{{instance=\"mine\"}} 1\nx{{instance=\"{b.Name}\"}} 3\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("x{instance=\"mine\"} 2", text, StringComparison.Ordinal);
        Parsed(text);
    }

    [Fact]
    public async Task External_labels_are_added_where_absent()
    {
        await using var target = await FakeTarget.StartAsync("x{pod=\"own\"} 1\ny 2\n");
        using var boards = Boards.Of(options => options.ExternalLabels = new() { ["pod"] = "p\"1", ["node"] = "n" }, target);

        await boards.ScrapeAsync();
        var text = await boards.WriteAsync();

        Assert.Contains("x{pod=\"own\",node=\"n\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("y{pod=\"p\\\"1\",node=\"n\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("up{pod=\"p\\\"1\",node=\"n\"} 1\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_fault_of_the_relay_is_up_0_for_that_scrape_and_the_next_one_is_made(bool whileReading)
    {
        await using var server = await FakeTarget.StartAsync("n 1\n");
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var problems = new Problems(TimeProvider.System, NullLogger<Problems>.Instance);
        var labels = new TargetLabels([], false, new Dictionary<string, string>(), []);
        var faults = 1;
        using var target = new Target(
            server.Url, "t", new ScrapeOptions(), labels, new FaultyShaper(labels, () => Fail(whileReading)), TimeProvider.System,
            new ScrapeMetrics(services.GetRequiredService<IMeterFactory>()), problems, () => Fail(!whileReading));

        await target.ScrapeAsync();
        Assert.Equal((false, "internal"), (target.Last!.Up, target.Last.Outcome));
        Assert.Null(target.Samples);
        Assert.Contains("OutOfMemoryException", Assert.Single(problems.Open).What, StringComparison.Ordinal);

        await target.ScrapeAsync();
        Assert.True(target.Last.Up, target.Last.Error);
        Assert.NotNull(target.Samples);
        Assert.Empty(problems.Open);

        void Fail(bool here)
        {
            if (here && Interlocked.Decrement(ref faults) == 0)
            {
                // More than any array may have.
                GC.KeepAlive(GC.AllocateUninitializedArray<byte>(int.MaxValue));
            }
        }
    }

    [Fact]
    public async Task Series_that_change_all_the_time_do_not_pile_up()
    {
        var scrape = 0;
        await using var target = await FakeTarget.StartAsync(context =>
        {
            var mine = Interlocked.Increment(ref scrape);
            var lines = string.Concat(Enumerable.Range(0, 5000).Select(n => $"a{{scrape=\"{mine}\",n=\"{n}\"}} 1\n"));
            return FakeTarget.WriteAsync(context, Encoding.UTF8.GetBytes(lines), "text/plain");
        });
        using var boards = Boards.Of(target);
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(5000, (await boards.ScrapeAsync()).Samples);
            var merged = boards.Board.Lease();
            Assert.InRange(merged.Families[^1].Parts[0].Snapshot.Catalog.SeriesCount, 5000, 15_000);
            merged.Release();
        }

        Assert.Contains("a{scrape=\"8\",n=\"4999\"} 1\n", await boards.WriteAsync(), StringComparison.Ordinal);
    }

    private static void Parsed(string text) => Exposition.Parsed.Of(text, ExpositionFormat.Text);

    [Fact]
    public async Task Spellings_and_names_that_change_all_the_time_do_not_pile_up_either()
    {
        var scrape = 0;
        await using var target = await FakeTarget.StartAsync(context =>
        {
            var mine = Interlocked.Increment(ref scrape);
            var lines = string.Concat(Enumerable.Range(0, 5000).Select(n => $"a{{{new string(' ', mine)}n=\"{n}\"}} 1\n"));
            var names = string.Concat(Enumerable.Range(0, 5000).Select(n => $"# TYPE m_{mine}_{n} gauge\n"));
            return FakeTarget.WriteAsync(context, Encoding.UTF8.GetBytes(lines + names), "text/plain");
        });
        using var boards = Boards.Of(target);
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(5000, (await boards.ScrapeAsync()).Samples);
            var merged = boards.Board.Lease();
            var catalog = merged.Families[^1].Parts[0].Snapshot.Catalog;
            Assert.InRange(catalog.Texts.Count, 5000, 15_000);
            Assert.InRange(catalog.Names.Count, 5000, 16_000);
            merged.Release();
        }
    }

    [Fact]
    public async Task A_steady_target_keeps_its_catalog()
    {
        var lines = string.Concat(Enumerable.Range(0, 5000).Select(n => $"# TYPE h{n} histogram\n"))
            + string.Concat(Enumerable.Range(0, 5000).Select(n => $"a{{n=\"{n}\"}} 1\n"));
        await using var target = await FakeTarget.StartAsync(lines);
        using var boards = Boards.Of(target);
        var catalogs = new HashSet<Catalog>();
        for (var i = 0; i < 4; i++)
        {
            await boards.ScrapeAsync();
            var merged = boards.Board.Lease();
            catalogs.Add(merged.Families[^1].Parts[0].Snapshot.Catalog);
            merged.Release();
        }

        Assert.Single(catalogs);
    }

    private sealed class FaultyShaper(ISeriesShaper inner, Action fail) : ISeriesShaper
    {
        public bool MayCollide => inner.MayCollide;

        public bool Shape(ref string name, List<Label> labels)
        {
            fail();
            return inner.Shape(ref name, labels);
        }
    }
}
