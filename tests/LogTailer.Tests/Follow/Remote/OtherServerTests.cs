using System.Text;
using Microsoft.AspNetCore.Http;
using LogTailer.Tests.Sinks;

namespace LogTailer.Tests.Follow.Remote;

/// <summary><c>Tail:Url</c> with servers that name no positions, and servers that behave badly.</summary>
public sealed class OtherServerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Lock _lock = new();
    private string _log = "";

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_log_that_is_sent_whole_at_each_request_is_shipped_once()
    {
        await using var server = await LogStore.StartAsync((context, _) => context.Response.WriteAsync(Log));
        Log = "1\n2\nhal";
        await using var tailing = Tail(server);
        await tailing.Delivers("1", "2");

        Log += "f\n4\n";

        await tailing.Delivers("1", "2", "half", "4");
        await tailing.StopAsync();
        Log += "5\n";
        await using var again = Tail(server);
        await again.Delivers("5");
    }

    [Fact]
    public async Task A_log_that_is_another_one_is_shipped_from_its_beginning()
    {
        await using var server = await LogStore.StartAsync((context, _) => context.Response.WriteAsync(Log));
        Log = "1\n2\n3\n4\n";
        await using var tailing = Tail(server);
        await tailing.Delivers("1", "2", "3", "4");

        Log = "a\nb\n";
        await tailing.Delivers("1", "2", "3", "4", "a", "b");
        Log = "x\ny\nz\n";

        await tailing.Delivers("1", "2", "3", "4", "a", "b", "x", "y", "z");
        Assert.Equal(2, tailing.Counted("log_tailer_rotations_total{replace}"));
    }

    [Fact]
    public async Task A_connection_that_is_cut_in_the_middle_of_a_line_costs_nothing()
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

        await tailing.Delivers(lines);
    }

    [Fact]
    public async Task From_end_skips_what_comes_before_the_server_falls_quiet()
    {
        await using var server = await LogStore.StartAsync((context, _) => context.Response.WriteAsync(Log));
        Log = "1\n2\n";
        await using var tailing = Tail(server, tail => tail.From = LogTailer.Follow.TailStart.End);
        await Eventually.HoldsAsync(() => tailing.Files is [{ ReadOffset: 4 }], "what stands there is passed over");

        Log += "3\n";

        await tailing.Delivers("3");
    }

    [Fact]
    public async Task An_over_long_line_is_cut_and_the_next_one_is_whole()
    {
        Log = $"\uFEFFfirst\r\n{new string('x', 300_000)}\r\nlast\n{new string('y', 64)}\n{new string('z', 65)}\n";
        await using var server = await LogStore.StartAsync((context, _) => context.Response.WriteAsync(Log));
        await using var tailing = Tail(server, tail => tail.MaxLineBytes = 64);

        await tailing.Delivers(
            "first", $"{new string('x', 64)} [truncated: the line has 300000 bytes]", "last", new string('y', 64), $"{new string('z', 64)} [truncated: the line has 65 bytes]");
        Assert.Equal(Encoding.UTF8.GetByteCount(Log), tailing.Files[^1].ReadOffset);
    }

    [Theory]
    [InlineData(404, "LOG_FILE")]
    [InlineData(403, "management port")]
    [InlineData(302, "redirects")]
    [InlineData(500, "trouble of its own")]
    public async Task What_a_server_answers_is_a_problem_to_show_and_tried_again(int status, string said)
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
        await Eventually.HoldsAsync(() => tailing.Problems.Last is { } last && (last.What + last.Remedy).Contains(said, StringComparison.Ordinal), () => $"{tailing.Problems.Last}");

        await tailing.Delivers("1");
        Assert.Empty(tailing.Problems.Open);
    }

    [Fact]
    public async Task With_the_sink_down_memory_is_bounded_and_nothing_is_lost()
    {
        var lines = Enumerable.Range(0, 40_000).Select(i => $"{i} {new string('x', 100)}").ToArray();
        Log = string.Join('\n', lines) + "\n";
        await using var server = await LogStore.StartAsync((context, _) => context.Response.WriteAsync(Log));
        var sink = new CollectingSink();
        sink.Hold();
        await using var tailing = Tailing.Start("", tail => tail.Url = server.Url, createSink: _ => sink, checkpointPath: _directory["checkpoint.json"]);
        await Eventually.HoldsAsync(() => tailing.Pipeline.DescribeStatus()["blocks_in_flight"]!.GetValue<int>() == 4, () => tailing.Pipeline.DescribeStatus().ToJsonString());
        Assert.InRange(tailing.Files[0].ReadOffset, 1, 2 * 1024 * 1024);

        sink.Release();

        await Eventually.HoldsAsync(() => sink.Count >= lines.Length, () => $"{sink.Count}");
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
