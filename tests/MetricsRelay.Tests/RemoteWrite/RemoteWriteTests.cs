using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace MetricsRelay.Tests.RemoteWrite;

/// <summary>What a receiver gets from a relay that is a process of its own.</summary>
public sealed class RemoteWriteTests
{
    [Fact]
    public async Task Every_scrape_is_sent_with_the_headers_of_the_protocol()
    {
        await using var target = await FakeTarget.StartAsync("# TYPE a gauge\na{z=\"1\",b=\"2\"} 1.5\nb 7 1395066363000\n");
        await using var receiver = await FakeReceiver.StartAsync();
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=500ms", $"--RemoteWrite:Url={receiver.Url}");

        await Eventually.IsTrueAsync(() => receiver.Samples.Count(s => s.Series == "__name__=a,b=2,z=1") > 5);

        Assert.Equal("snappy", receiver.Headers!.ContentEncoding);
        Assert.Equal("application/x-protobuf", receiver.Headers.ContentType);
        Assert.Equal("0.1.0", receiver.Headers["X-Prometheus-Remote-Write-Version"]);
        Assert.StartsWith("metrics-relay/", receiver.Headers.UserAgent.ToString(), StringComparison.Ordinal);
        Assert.All(receiver.Samples.Where(s => s.Series == "__name__=a,b=2,z=1"), s => Assert.Equal(1.5, s.Value));
        Assert.All(receiver.Samples.Where(s => s.Series == "__name__=b"), s => Assert.Equal(1395066363000, s.Time));
        Assert.Contains(receiver.Samples, s => s.Series == "__name__=up" && s.Value == 1);
        InOrder(receiver, onlyStamped: "__name__=b");
        var own = await relay.GetAsync("/-/metrics");
        Assert.Contains("metrics_relay_remote_write_requests_total{outcome=\"accepted\"}", own, StringComparison.Ordinal);
        Assert.Contains("metrics_relay_queue_bytes", own, StringComparison.Ordinal);
        Assert.Contains("metrics_relay_remote_write_lag_seconds", own, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_series_that_goes_away_is_ended_and_so_are_all_when_the_target_or_the_relay_goes()
    {
        var body = "a{x=\"1\"} 1\na{x=\"2\"} 2\n";
        await using var target = await FakeTarget.StartAsync(context => Volatile.Read(ref body).Length == 0
            ? Fail(context)
            : FakeTarget.WriteAsync(context, Encoding.UTF8.GetBytes(Volatile.Read(ref body)), "text/plain"));
        await using var receiver = await FakeReceiver.StartAsync();
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=100ms", $"--RemoteWrite:Url={receiver.Url}");
        await Eventually.IsTrueAsync(() => Last("__name__=a,x=2") is { Value: 2 });

        Volatile.Write(ref body, "a{x=\"1\"} 1\n");
        await Eventually.IsTrueAsync(() => Last("__name__=a,x=2") is { IsStale: true });
        Assert.False(Last("__name__=a,x=1")!.IsStale);

        Volatile.Write(ref body, "");
        await Eventually.IsTrueAsync(() => Last("__name__=a,x=1") is { IsStale: true });
        await Eventually.IsTrueAsync(() => Last("__name__=up") is { Value: 0 });

        Volatile.Write(ref body, "a{x=\"1\"} 3\n");
        await Eventually.IsTrueAsync(() => Last("__name__=a,x=1") is { Value: 3 });

        Assert.Equal(0, await relay.TerminateAsync());
        Assert.True(Last("__name__=a,x=1")!.IsStale);
        Assert.True(Last("__name__=up")!.IsStale);
        InOrder(receiver);

        FakeReceiver.Received? Last(string series) => receiver.Samples.LastOrDefault(s => s.Series == series);

        static Task Fail(HttpContext context)
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_target_that_hangs_does_not_keep_the_relay_from_ending_every_series()
    {
        var requests = 0;
        await using var target = await FakeTarget.StartAsync(async context =>
        {
            // Down at first, so that it is asked again after a second.
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
        await Eventually.IsTrueAsync(() => Volatile.Read(ref requests) == 2 && receiver.Samples.Any(s => s.Series == "__name__=up"));

        Assert.Equal(0, await relay.TerminateAsync().WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.True(receiver.Samples.Last(s => s.Series == "__name__=up").IsStale);
    }

    [Fact]
    public async Task Through_every_kind_of_trouble_nothing_is_lost_and_all_arrives_in_order()
    {
        var scrapes = 0;
        await using var target = await FakeTarget.StartAsync(context => FakeTarget.WriteAsync(
            context, Encoding.UTF8.GetBytes($"n {Interlocked.Increment(ref scrapes)}\n"), "text/plain"));
        await using var receiver = await FakeReceiver.StartAsync();
        var requests = 0;
        receiver.Trouble = async context =>
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

        await Eventually.IsTrueAsync(() => Volatile.Read(ref requests) > 12);
        Assert.Equal(0, await relay.TerminateAsync());

        var values = receiver.Samples.Where(s => s.Series == "__name__=n" && !s.IsStale).Select(s => (int)s.Value).ToList();
        // A scrape that timed out on a busy machine is up 0; the last may have been cut off by the end.
        var missing = Enumerable.Range(1, scrapes).Except(values).Count();
        var failed = receiver.Samples.Count(s => s.Series == "__name__=up" && s.Value == 0);
        Assert.InRange(missing, 0, failed + 1);
        InOrder(receiver);
    }

    [Fact]
    public async Task What_the_receiver_refuses_for_good_is_dropped_and_the_rest_goes_on()
    {
        await using var target = await FakeTarget.StartAsync("n 1\n");
        await using var receiver = await FakeReceiver.StartAsync();
        var requests = 0;
        receiver.Trouble = context =>
        {
            var refused = Interlocked.Increment(ref requests) <= 2;
            context.Response.StatusCode = refused ? 400 : 204;
            return Task.FromResult(refused);
        };
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=100ms", $"--RemoteWrite:Url={receiver.Url}");

        await Eventually.IsTrueAsync(() => receiver.Samples.Count > 10);

        var own = await relay.GetAsync("/-/metrics");
        Assert.Contains("metrics_relay_remote_write_requests_total{outcome=\"refused\"} 2\n", own, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_ten_times_it_sends_what_was_not_acknowledged_and_in_order()
    {
        using var directory = new TemporaryFolder();
        var scrapes = 0;
        await using var target = await FakeTarget.StartAsync(context => FakeTarget.WriteAsync(
            context, Encoding.UTF8.GetBytes($"n {Interlocked.Increment(ref scrapes)}\n"), "text/plain"));
        await using var receiver = await FakeReceiver.StartAsync();
        var requests = 0;
        receiver.Trouble = context =>
        {
            // Two of three fail, so that there is always something that waits.
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
            await Eventually.IsTrueAsync(() => Volatile.Read(ref scrapes) >= until);
            if (kill == Kills - 1)
            {
                // Whatever the moment of the last kill, something waits then.
                receiver.Trouble = context =>
                {
                    context.Response.StatusCode = 503;
                    return Task.FromResult(true);
                };
                await Eventually.IsTrueAsync(() => Directory.GetFiles(directory.Path).Length > 1);
            }

            relay.Kill();
        }

        Assert.NotEmpty(Directory.GetFiles(directory.Path));
        receiver.Trouble = _ => Task.FromResult(false);
        await using (var last = await RelayProcess.StartAsync(flags))
        {
            await Eventually.IsTrueAsync(() => Directory.GetFiles(directory.Path).Length == 0);
            Assert.Equal(0, await last.TerminateAsync());
        }

        var values = receiver.Samples.Where(s => s.Series == "__name__=n" && !s.IsStale).Select(s => (int)s.Value).ToList();
        // A scrape that was under way when the process was killed never was in the queue; a batch whose acknowledgement
        // was under way is sent twice.
        var missing = Enumerable.Range(1, scrapes).Except(values).ToList();
        var failed = receiver.Samples.Where(s => s.Series == "__name__=up" && s.Value == 0).DistinctBy(s => s.Time).Count();
        Assert.True(missing.Count <= Kills + 1 + failed, $"{failed} scrapes failed, missing: {string.Join(' ', missing.Select(n => n.ToString(CultureInfo.InvariantCulture)))}");
        Assert.Equal(values.Order(), values);
        InOrder(receiver);
        Assert.Empty(Directory.GetFiles(directory.Path));
    }

    [Fact]
    public async Task Credentials_come_from_files_and_are_read_again()
    {
        using var directory = new TemporaryFolder();
        var token = Path.Combine(directory.Path, "token");
        await File.WriteAllTextAsync(token, "first\n");
        await using var target = await FakeTarget.StartAsync("n 1\n");
        await using var receiver = await FakeReceiver.StartAsync();
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=100ms", $"--RemoteWrite:Url={receiver.Url}", $"--RemoteWrite:BearerTokenFile={token}");

        await Eventually.IsTrueAsync(() => receiver.Headers?.Authorization.ToString() == "Bearer first");
        await File.WriteAllTextAsync(token, "second\n");

        await Eventually.IsTrueAsync(() => receiver.Headers?.Authorization.ToString() == "Bearer second");
    }

    [Fact]
    public async Task A_series_that_two_targets_have_is_sent_of_one_alone_the_one_that_is_listed_first()
    {
        var first = "x{instance=\"same\"} 1\n";
        await using var one = await FakeTarget.StartAsync(context => FakeTarget.WriteAsync(
            context, Encoding.UTF8.GetBytes(Volatile.Read(ref first)), "text/plain"));
        await using var two = await FakeTarget.StartAsync("x{instance=\"same\"} 2\ny{instance=\"same\"} 2\n");
        await using var receiver = await FakeReceiver.StartAsync();
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={one.Url},{two.Url}", "--Scrape:Interval=250ms", "--Scrape:HonorLabels=true", $"--RemoteWrite:Url={receiver.Url}");
        const string Shared = "__name__=x,instance=same";

        await Eventually.IsTrueAsync(() => Values().Contains(1) && receiver.Samples.Count(s => s.Series == "__name__=y,instance=same") > 5);
        var taken = Values().IndexOf(1);
        await Eventually.IsTrueAsync(() => Values().Count > taken + 5);

        Volatile.Write(ref first, "z 1\n");
        await Eventually.IsTrueAsync(() => Values()[^1] == 2);
        Assert.Equal(0, await relay.TerminateAsync());

        // The second may have it only once the first has ended it: when it was let go, or a scrape timed out on a busy machine.
        var values = Values();
        Assert.DoesNotContain(Enumerable.Range(1, values.Count - 1), i => values[i - 1] == 1 && values[i] == 2);
        Assert.Contains(receiver.Samples, s => s.Series == Shared && s.IsStale);
        InOrder(receiver);

        List<double> Values() => [.. receiver.Samples.Where(s => s.Series == Shared).Select(s => s.Value)];
    }

    private static void InOrder(FakeReceiver receiver, string? onlyStamped = null)
    {
        foreach (var series in receiver.Samples.Where(s => s.Series != onlyStamped).GroupBy(s => s.Series))
        {
            var times = series.Select(s => s.Time).ToList();
            Assert.Equal(times.Order(), times);
            // A time that comes twice must be the same sample.
            Assert.All(series.GroupBy(s => s.Time), same => Assert.Single(same.Select(s => BitConverter.DoubleToInt64Bits(s.Value)).Distinct()));
        }
    }
}
