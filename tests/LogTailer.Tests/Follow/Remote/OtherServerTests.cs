using System.Text;
using Microsoft.AspNetCore.Http;
using LogTailer.Tests.Sinks;

namespace LogTailer.Tests.Follow.Remote;

/// <summary><c>Tail:Url</c> with servers that provide no positions, and with failing servers.</summary>
public sealed class OtherServerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Lock _lock = new();
    private string _log = "";

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Log_sent_completely_for_each_request_is_shipped_once()
    {
        await using var server = await LogStore.StartAsync((context, _) => context.Response.WriteAsync(Log));
        Log = "1\n2\nhal";
        await using var tailing = Tail(server);
        await tailing.AssertDeliveredAsync("1", "2");

        Log += "f\n4\n";

        await tailing.AssertDeliveredAsync("1", "2", "half", "4");
        await tailing.StopAsync();
        Log += "5\n";
        await using var again = Tail(server);
        await again.AssertDeliveredAsync("5");
    }

    [Fact]
    public async Task Log_with_replaced_content_is_shipped_from_byte_zero()
    {
        await using var server = await LogStore.StartAsync((context, _) => context.Response.WriteAsync(Log));
        Log = "1\n2\n3\n4\n";
        await using var tailing = Tail(server);
        await tailing.AssertDeliveredAsync("1", "2", "3", "4");

        Log = "a\nb\n";
        await tailing.AssertDeliveredAsync("1", "2", "3", "4", "a", "b");
        Log = "x\ny\nz\n";

        await tailing.AssertDeliveredAsync("1", "2", "3", "4", "a", "b", "x", "y", "z");
        Assert.Equal(2, tailing.ReadCounter("log_tailer_rotations_total{replace}"));
    }

    [Fact]
    public async Task Connection_broken_within_a_line_loses_and_repeats_nothing()
    {
        var lines = Enumerable.Range(0, 400).Select(i => $"{i} {new string('x', 500)}").ToArray();
        var bytes = Encoding.ASCII.GetBytes(string.Join('\n', lines) + "\n");
        await using var server = await LogStore.StartAsync(async (context, request) =>
        {
            context.Response.ContentLength = bytes.Length;
            var sent = Math.Min(bytes.Length, (request.Number + 1) * 37_001);
            await context.Response.Body.WriteAsync(bytes.AsMemory(0, sent));

            if (sent < bytes.Length)
            {
                await context.Response.Body.FlushAsync();
                context.Abort();
            }
        });

        await using var tailing = Tail(server);

        await tailing.AssertDeliveredAsync(lines);
    }

    [Fact]
    public async Task From_end_skips_lines_until_the_server_is_quiet()
    {
        await using var server = await LogStore.StartAsync((context, _) => context.Response.WriteAsync(Log));
        Log = "1\n2\n";
        await using var tailing = Tail(server, tail => tail.From = LogTailer.Follow.TailStart.End);
        await Eventually.AssertAsync(() => tailing.Files is [{ ReadOffset: 4 }], "existing lines are not skipped");

        Log += "3\n";

        await tailing.AssertDeliveredAsync("3");
    }

    [Fact]
    public async Task Line_over_the_limit_is_truncated_and_the_next_is_complete()
    {
        Log = $"\uFEFFfirst\r\n{new string('x', 300_000)}\r\nlast\n{new string('y', 64)}\n{new string('z', 65)}\n";
        await using var server = await LogStore.StartAsync((context, _) => context.Response.WriteAsync(Log));
        await using var tailing = Tail(server, tail => tail.MaxLineBytes = 64);

        await tailing.AssertDeliveredAsync(
            "first", $"{new string('x', 64)} [truncated: the line has 300000 bytes]", "last", new string('y', 64), $"{new string('z', 64)} [truncated: the line has 65 bytes]");
        Assert.Equal(Encoding.UTF8.GetByteCount(Log), tailing.Files[^1].ReadOffset);
    }

    [Theory]
    [InlineData(404, "LOG_FILE")]
    [InlineData(403, "management port")]
    [InlineData(302, "redirects")]
    [InlineData(500, "server error")]
    public async Task Error_status_is_reported_as_a_problem_and_retried(int status, string expected)
    {
        await using var server = await LogStore.StartAsync((context, request) =>
        {
            if (request.Number < 2)
            {
                context.Response.StatusCode = status;
                return Task.CompletedTask;
            }

            return context.Response.WriteAsync(Log);
        });
        Log = "1\n";
        await using var tailing = Tail(server);
        await Eventually.AssertAsync(
            () => tailing.Problems.Last is { } last && (last.What + last.Remedy).Contains(expected, StringComparison.Ordinal),
            () => $"{tailing.Problems.Last}");

        await tailing.AssertDeliveredAsync("1");
        Assert.Empty(tailing.Problems.Open);
    }

    [Fact]
    public async Task Blocked_sink_limits_the_memory_and_loses_nothing()
    {
        var lines = Enumerable.Range(0, 40_000).Select(i => $"{i} {new string('x', 100)}").ToArray();
        Log = string.Join('\n', lines) + "\n";
        await using var server = await LogStore.StartAsync((context, _) => context.Response.WriteAsync(Log));
        var sink = new CollectingSink();
        sink.Pause();
        await using var tailing = Tailing.Start(
            "", tail => tail.Url = server.Url, createSink: _ => sink, checkpointPath: _directory["checkpoint.json"]);
        await Eventually.AssertAsync(
            () => tailing.Pipeline.DescribeStatus()["blocks_in_flight"]!.GetValue<int>() == 4,
            () => tailing.Pipeline.DescribeStatus().ToJsonString());
        Assert.InRange(tailing.Files[0].ReadOffset, 1, 2 * 1024 * 1024);

        sink.Resume();

        await Eventually.AssertAsync(() => sink.Count >= lines.Length, () => $"{sink.Count}");
        Assert.Equal(lines, sink.Lines);
    }

    private string Log
    {
        get
        {
            lock (_lock)
            {
                return _log;
            }
        }
        set
        {
            lock (_lock)
            {
                _log = value;
            }
        }
    }

    private Tailing Tail(LogStore server, Action<LogTailer.Follow.TailOptions>? configure = null) => Tailing.Start(
        "",
        tail =>
        {
            tail.Url = server.Url;
            tail.PollInterval = TimeSpan.FromMilliseconds(50);
            configure?.Invoke(tail);
        },
        checkpointPath: _directory["checkpoint.json"]);
}
