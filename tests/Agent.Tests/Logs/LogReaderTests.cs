using System.Text;
using Agent.Logs;
using Agent.Tests.Support;

namespace Agent.Tests.Logs;

/// <summary>A follower that looks when the test says so, to see what happens between two looks.</summary>
public sealed class LogReaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _done = new();
    private readonly StoppedTime _time = new();
    private readonly MemoryStream _sent = new();

    private string LogFile => _directory.File("requests.log");

    private string Sent
    {
        get
        {
            lock (_sent)
            {
                return Encoding.UTF8.GetString(_sent.ToArray());
            }
        }
    }

    public void Dispose()
    {
        _done.Cancel();
        _done.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task However_often_the_file_is_renamed_between_two_looks_no_line_is_missed(int times)
    {
        var expected = new StringBuilder();
        Append("a\n");
        await using var reader = new LogReader(LogFile, _time);
        var following = reader.SendAsync(new LockedStream(_sent), tail: -1, follow: true, _done.Token);
        await SentAsync("a\n");

        for (var i = 1; i <= times; i++)
        {
            Append($"end {i}\n");
            expected.Append($"end {i}\n");
            File.Move(LogFile, _directory.File($"requests_{i:000}.log"));
            Append($"begin {i}\n");
            expected.Append($"begin {i}\n");
        }

        _time.Look();
        await SentAsync("a\n" + expected);

        // And it follows the newest again.
        Append("z\n");
        _time.Look();
        await SentAsync("a\n" + expected + "z\n");
        await EndAsync(following);
    }

    [Fact]
    public async Task What_was_removed_between_two_looks_is_passed_over()
    {
        Append("a\n");
        await using var reader = new LogReader(LogFile, _time);
        var following = reader.SendAsync(new LockedStream(_sent), tail: -1, follow: true, _done.Token);
        await SentAsync("a\n");

        File.Delete(LogFile);
        File.WriteAllText(_directory.File("requests_004.log"), "d\n");
        File.WriteAllText(_directory.File("requests_005.log"), "e\n");
        Append("f\n");
        _time.Look();

        await SentAsync("a\nd\ne\nf\n");
        await EndAsync(following);
    }

    [Fact]
    public async Task A_file_that_is_made_anew_without_being_renamed_is_followed()
    {
        Append("a\n");
        await using var reader = new LogReader(LogFile, _time);
        var following = reader.SendAsync(new LockedStream(_sent), tail: 0, follow: true, _done.Token);
        await Eventually.IsTrueAsync(() => _time.IsWaitedFor, "it waits for its next look");

        Append("b\n");
        File.Delete(LogFile);
        Directory.Delete(_directory.Path);
        _time.Look();
        await SentAsync("b\n");
        Directory.CreateDirectory(_directory.Path);
        Append("c\n");

        await Eventually.IsTrueAsync(
            () =>
            {
                _time.Look();
                return Sent == "b\nc\n";
            },
            "the new file's line");
        await EndAsync(following);
    }

    private void Append(string text) => File.AppendAllText(LogFile, text);

    private Task SentAsync(string text) => Eventually.IsTrueAsync(() => Sent == text, $"'{text}' is sent; it is '{Sent}'");

    private async Task EndAsync(Task following)
    {
        await _done.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
    }

    /// <summary>A clock whose one timer ticks when told to.</summary>
    private sealed class StoppedTime : TimeProvider
    {
        private volatile TimerCallback? _callback;
        private object? _state;

        public bool IsWaitedFor => _callback is not null;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_state, _callback) = (state, callback);
            return new NoTimer();
        }

        public void Look() => _callback!(_state);

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }

    /// <summary>Written by the reader while the test looks.</summary>
    private sealed class LockedStream(MemoryStream inner) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            lock (inner)
            {
                inner.Write(buffer.Span);
            }

            return ValueTask.CompletedTask;
        }
    }
}
