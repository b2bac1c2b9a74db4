using System.Text;
using Agent.Logs;

namespace Agent.Tests.Logs;

/// <summary>A follower that polls when the test advances the clock, so that files change between two polls.</summary>
public sealed class LogFollowerTests : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _done = new();
    private readonly TimerTrackingTimeProvider _time = new();
    private readonly MemoryStream _sent = new();

    private string LogFile => _directory["requests.log"];

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
    public async Task No_line_is_missed_when_the_file_is_rolled_between_polls(int times)
    {
        var expected = new StringBuilder();
        AppendLines("a\n");
        await using var follower = new LogFollower(LogFile, _time);
        var following = follower.SendLogAsync(new LockedStream(_sent), tail: -1, follow: true, _done.Token);
        await WaitForSentAsync("a\n");

        for (var i = 1; i <= times; i++)
        {
            AppendLines($"end {i}\n");
            expected.Append($"end {i}\n");
            File.Move(LogFile, _directory[$"requests_{i:000}.log"]);
            AppendLines($"begin {i}\n");
            expected.Append($"begin {i}\n");
        }

        _time.Advance(PollInterval);
        await WaitForSentAsync("a\n" + expected);

        // It still follows the current file.
        AppendLines("z\n");
        _time.Advance(PollInterval);
        await WaitForSentAsync("a\n" + expected + "z\n");
        await StopFollowerAsync(following);
    }

    [Fact]
    public async Task Files_removed_between_polls_are_skipped()
    {
        AppendLines("a\n");
        await using var follower = new LogFollower(LogFile, _time);
        var following = follower.SendLogAsync(new LockedStream(_sent), tail: -1, follow: true, _done.Token);
        await WaitForSentAsync("a\n");

        File.Delete(LogFile);
        File.WriteAllText(_directory["requests_004.log"], "d\n");
        File.WriteAllText(_directory["requests_005.log"], "e\n");
        AppendLines("f\n");
        _time.Advance(PollInterval);

        await WaitForSentAsync("a\nd\ne\nf\n");
        await StopFollowerAsync(following);
    }

    [Fact]
    public async Task File_recreated_without_a_rename_is_followed()
    {
        AppendLines("a\n");
        await using var follower = new LogFollower(LogFile, _time);
        var following = follower.SendLogAsync(new LockedStream(_sent), tail: 0, follow: true, _done.Token);
        await _time.WaitForTimersAsync();

        AppendLines("b\n");
        File.Delete(LogFile);
        Directory.Delete(_directory.Path);
        _time.Advance(PollInterval);
        await WaitForSentAsync("b\n");
        Directory.CreateDirectory(_directory.Path);
        AppendLines("c\n");

        await Eventually.AssertAsync(
            () =>
            {
                _time.Advance(PollInterval);
                return Sent == "b\nc\n";
            },
            "the line of the new file is sent");
        await StopFollowerAsync(following);
    }

    private void AppendLines(string text) => File.AppendAllText(LogFile, text);

    private Task WaitForSentAsync(string text) =>
        Eventually.AssertAsync(() => Sent == text, () => $"'{text}' is sent, but so far '{Sent}'");

    private async Task StopFollowerAsync(Task following)
    {
        await _done.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
    }

    /// <summary>Written by the follower while the test reads it.</summary>
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
