using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace MetricsRelay.Tests.Forwarding.RemoteWrite;

/// <summary>The samples that a receiver gets from a relay process.</summary>
public sealed class RemoteWriteForwarderTests
{
    [Fact]
    public async Task Every_scrape_is_sent_with_the_headers_of_the_protocol()
    {
        await using var target = await FakeTarget.StartAsync("# TYPE a gauge\na{z=\"1\",b=\"2\"} 1.5\nb 7 1395066363000\n");
        await using var receiver = await FakeReceiver.StartAsync();
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=500ms", $"--RemoteWrite:Url={receiver.Url}");

        await Eventually.AssertAsync(() => receiver.Samples.Count(s => s.Series == "__name__=a,b=2,z=1") > 5);

        Assert.Equal("snappy", receiver.Headers!.ContentEncoding);
        Assert.Equal("application/x-protobuf", receiver.Headers.ContentType);
        Assert.Equal("0.1.0", receiver.Headers["X-Prometheus-Remote-Write-Version"]);
        Assert.StartsWith("metrics-relay/", receiver.Headers.UserAgent.ToString(), StringComparison.Ordinal);
        Assert.All(receiver.Samples.Where(s => s.Series == "__name__=a,b=2,z=1"), s => Assert.Equal(1.5, s.Value));
        Assert.All(receiver.Samples.Where(s => s.Series == "__name__=b"), s => Assert.Equal(1395066363000, s.Time));
        Assert.Contains(receiver.Samples, s => s.Series == "__name__=up" && s.Value == 1);
        AssertOrder(receiver, exceptSeries: "__name__=b");
        var own = await relay.GetAsync("/-/metrics");
        Assert.Contains("metrics_relay_remote_write_requests_total{outcome=\"accepted\"}", own, StringComparison.Ordinal);
        Assert.Contains("metrics_relay_queue_bytes", own, StringComparison.Ordinal);
        Assert.Contains("metrics_relay_remote_write_lag_seconds", own, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Series_end_when_they_disappear_the_target_fails_or_the_relay_stops()
    {
        var body = "a{x=\"1\"} 1\na{x=\"2\"} 2\n";
        await using var target = await FakeTarget.StartAsync(context => Volatile.Read(ref body).Length == 0
            ? Fail(context)
            : FakeTarget.WriteAsync(context, Encoding.UTF8.GetBytes(Volatile.Read(ref body)), "text/plain"));
        await using var receiver = await FakeReceiver.StartAsync();
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=100ms", $"--RemoteWrite:Url={receiver.Url}");
        await Eventually.AssertAsync(() => Last("__name__=a,x=2") is { Value: 2 });

        Volatile.Write(ref body, "a{x=\"1\"} 1\n");
        await Eventually.AssertAsync(() => Last("__name__=a,x=2") is { IsStale: true });
        Assert.False(Last("__name__=a,x=1")!.IsStale);

        Volatile.Write(ref body, "");
        await Eventually.AssertAsync(() => Last("__name__=a,x=1") is { IsStale: true });
        await Eventually.AssertAsync(() => Last("__name__=up") is { Value: 0 });

        Volatile.Write(ref body, "a{x=\"1\"} 3\n");
        await Eventually.AssertAsync(() => Last("__name__=a,x=1") is { Value: 3 });

        Assert.Equal(0, await relay.TerminateAsync());
        Assert.True(Last("__name__=a,x=1")!.IsStale);
        Assert.True(Last("__name__=up")!.IsStale);
        AssertOrder(receiver);

        ReceivedSample? Last(string series) => receiver.FindLast(series);

        static Task Fail(HttpContext context)
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Hanging_target_does_not_prevent_ending_all_series_at_shutdown()
    {
        var requests = 0;
        await using var target = await FakeTarget.StartAsync(async context =>
        {
            // The first response fails, so that the target is scraped again after a second.
            if (Interlocked.Increment(ref requests) == 1)
            {
                context.Response.StatusCode = 500;
                return;
            }

            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await using var receiver = await FakeReceiver.StartAsync();
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=60s", "--Scrape:Timeout=60s", $"--RemoteWrite:Url={receiver.Url}");
        await Eventually.AssertAsync(() => Volatile.Read(ref requests) == 2 && receiver.Samples.Any(s => s.Series == "__name__=up"));

        Assert.Equal(0, await relay.TerminateAsync().WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.True(receiver.Samples.Last(s => s.Series == "__name__=up").IsStale);
    }

    [Fact]
    public async Task Nothing_is_lost_and_the_order_is_kept_through_every_kind_of_failure()
    {
        var scrapes = 0;
        await using var target = await FakeTarget.StartAsync(context => FakeTarget.WriteAsync(
            context, Encoding.UTF8.GetBytes($"n {Interlocked.Increment(ref scrapes)}\n"), "text/plain"));
        await using var receiver = await FakeReceiver.StartAsync();
        var requests = 0;
        receiver.Fault = async context =>
        {
            switch (Interlocked.Increment(ref requests))
            {
                case 2 or 3:
                    context.Response.StatusCode = 500;
                    return true;
                case 5:
                    context.Response.StatusCode = 429;
                    context.Response.Headers.RetryAfter = "1";
                    return true;
                case 7:
                    context.Abort();
                    return true;
                case 9:
                    await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    return true;
                default:
                    return false;
            }
        };
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=500ms", $"--RemoteWrite:Url={receiver.Url}", "--RemoteWrite:Timeout=1s");

        await Eventually.AssertAsync(() => Volatile.Read(ref requests) > 12);
        Assert.Equal(0, await relay.TerminateAsync());

        var values = receiver.Samples.Where(s => s.Series == "__name__=n" && !s.IsStale).Select(s => (int)s.Value).ToList();
        // A scrape that timed out on a busy machine is up 0; the last one may have been interrupted by the shutdown.
        var missing = Enumerable.Range(1, scrapes).Except(values).Count();
        var failed = receiver.Samples.Count(s => s.Series == "__name__=up" && s.Value == 0);
        Assert.InRange(missing, 0, failed + 1);
        AssertOrder(receiver);
    }

    [Fact]
    public async Task Finally_rejected_batches_are_dropped_and_later_ones_are_sent()
    {
        await using var target = await FakeTarget.StartAsync("n 1\n");
        await using var receiver = await FakeReceiver.StartAsync();
        var requests = 0;
        receiver.Fault = context =>
        {
            var isRejected = Interlocked.Increment(ref requests) <= 2;
            context.Response.StatusCode = isRejected ? 400 : 204;
            return Task.FromResult(isRejected);
        };
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=100ms", $"--RemoteWrite:Url={receiver.Url}");

        await Eventually.AssertAsync(() => receiver.Samples.Count > 10);

        var own = await relay.GetAsync("/-/metrics");
        Assert.Contains("metrics_relay_remote_write_requests_total{outcome=\"refused\"} 2\n", own, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Relay_killed_ten_times_sends_all_unacknowledged_batches_in_order()
    {
        using var directory = new TemporaryDirectory();
        var scrapes = 0;
        await using var target = await FakeTarget.StartAsync(context => FakeTarget.WriteAsync(
            context, Encoding.UTF8.GetBytes($"n {Interlocked.Increment(ref scrapes)}\n"), "text/plain"));
        await using var receiver = await FakeReceiver.StartAsync();
        var requests = 0;
        receiver.Fault = context =>
        {
            // Two of three requests fail, so that there are always waiting batches.
            var fails = Interlocked.Increment(ref requests) % 3 != 0;
            context.Response.StatusCode = fails ? 503 : 204;
            return Task.FromResult(fails);
        };
        string[] flags =
        [
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=500ms", $"--RemoteWrite:Url={receiver.Url}", $"--Queue:Directory={directory.Path}",
        ];

        const int Kills = 10;
        for (var kill = 0; kill < Kills; kill++)
        {
            var until = Volatile.Read(ref scrapes) + 5;
            await using var relay = await RelayProcess.StartAsync(flags);
            await Eventually.AssertAsync(() => Volatile.Read(ref scrapes) >= until);
            if (kill == Kills - 1)
            {
                // Batches are waiting at the moment of the last kill.
                receiver.Fault = context =>
                {
                    context.Response.StatusCode = 503;
                    return Task.FromResult(true);
                };
                await Eventually.AssertAsync(() => Directory.GetFiles(directory.Path).Length > 1);
            }

            await relay.KillAsync();
        }

        Assert.NotEmpty(Directory.GetFiles(directory.Path));
        receiver.Fault = _ => Task.FromResult(false);
        await using (var last = await RelayProcess.StartAsync(flags))
        {
            await Eventually.AssertAsync(() => Directory.GetFiles(directory.Path).Length == 0);
            Assert.Equal(0, await last.TerminateAsync());
        }

        var values = receiver.Samples.Where(s => s.Series == "__name__=n" && !s.IsStale).Select(s => (int)s.Value).ToList();
        // A scrape that was running when the process was killed never reached the queue. A batch whose acknowledgement was not
        // received is sent twice.
        var missing = Enumerable.Range(1, scrapes).Except(values).ToList();
        var failed = receiver.Samples.Where(s => s.Series == "__name__=up" && s.Value == 0).DistinctBy(s => s.Time).Count();
        Assert.True(missing.Count <= Kills + 1 + failed, $"{failed} scrapes failed, missing: {string.Join(' ', missing.Select(n => n.ToString(CultureInfo.InvariantCulture)))}");
        Assert.Equal(values.Order(), values);
        AssertOrder(receiver);
        Assert.Empty(Directory.GetFiles(directory.Path));
    }

    [Fact]
    public async Task Rotated_bearer_token_is_read_from_its_file_and_used()
    {
        using var directory = new TemporaryDirectory();
        var token = Path.Combine(directory.Path, "token");
        await File.WriteAllTextAsync(token, "first\n");
        await using var target = await FakeTarget.StartAsync("n 1\n");
        await using var receiver = await FakeReceiver.StartAsync();
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=100ms", $"--RemoteWrite:Url={receiver.Url}", $"--RemoteWrite:BearerTokenFile={token}");

        await Eventually.AssertAsync(() => receiver.Headers?.Authorization.ToString() == "Bearer first");
        await File.WriteAllTextAsync(token, "second\n");

        await Eventually.AssertAsync(() => receiver.Headers?.Authorization.ToString() == "Bearer second");
    }

    [Fact]
    public async Task Series_of_two_targets_is_sent_only_from_the_first_listed_one()
    {
        var first = "x{instance=\"same\"} 1\n";
        await using var one = await FakeTarget.StartAsync(context => FakeTarget.WriteAsync(
            context, Encoding.UTF8.GetBytes(Volatile.Read(ref first)), "text/plain"));
        await using var two = await FakeTarget.StartAsync("x{instance=\"same\"} 2\ny{instance=\"same\"} 2\n");
        await using var receiver = await FakeReceiver.StartAsync();
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={one.Url},{two.Url}", "--Scrape:Interval=250ms", "--Scrape:HonorLabels=true", $"--RemoteWrite:Url={receiver.Url}");
        const string Shared = "__name__=x,instance=same";

        await Eventually.AssertAsync(() => Values().Contains(1) && receiver.Samples.Count(s => s.Series == "__name__=y,instance=same") > 5);
        var taken = Values().IndexOf(1);
        await Eventually.AssertAsync(() => Values().Count > taken + 5);

        Volatile.Write(ref first, "z 1\n");
        await Eventually.AssertAsync(() => Values()[^1] == 2);
        Assert.Equal(0, await relay.TerminateAsync());

        // The second target may send it only after the first has ended it: after it disappeared, or a scrape timed out on a busy machine.
        var values = Values();
        Assert.DoesNotContain(Enumerable.Range(1, values.Count - 1), i => values[i - 1] == 1 && values[i] == 2);
        Assert.Contains(receiver.Samples, s => s.Series == Shared && s.IsStale);
        AssertOrder(receiver);

        List<double> Values() => [.. receiver.Samples.Where(s => s.Series == Shared).Select(s => s.Value)];
    }

    private static void AssertOrder(FakeReceiver receiver, string? exceptSeries = null)
    {
        foreach (var series in receiver.Samples.Where(s => s.Series != exceptSeries).GroupBy(s => s.Series))
        {
            var times = series.Select(s => s.Time).ToList();
            Assert.Equal(times.Order(), times);
            // Samples with the same time must be equal.
            Assert.All(series.GroupBy(s => s.Time), same => Assert.Single(same.Select(s => BitConverter.DoubleToInt64Bits(s.Value)).Distinct()));
        }
    }
}
