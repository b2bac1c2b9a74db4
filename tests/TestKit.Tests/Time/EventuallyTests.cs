namespace TestKit.Tests.Time;

public sealed class EventuallyTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Condition_that_becomes_true_ends_the_wait()
    {
        var calls = 0;

        await Eventually.AssertAsync(() => ++calls == 3);

        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task Condition_that_stays_false_fails_with_the_state_at_the_deadline()
    {
        var calls = 0;

        var exception = await Assert.ThrowsAsync<TimeoutException>(
            () => Eventually.AssertAsync(() => ++calls < 0, () => $"{calls} calls", Short));

        Assert.Contains($": {calls} calls", exception.Message, StringComparison.Ordinal);
        Assert.True(calls > 1);
    }

    [Fact]
    public async Task Condition_without_a_message_is_quoted_in_the_failure()
    {
        var isReady = false;

        var exception = await Assert.ThrowsAsync<TimeoutException>(() => Eventually.AssertAsync(() => isReady, deadline: Short));

        Assert.EndsWith("() => isReady", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Value_is_read_until_it_is_the_expected_one()
    {
        var value = 0;

        Assert.Equal(4, await Eventually.ReadAsync(() => Task.FromResult(++value), v => v == 4));
    }

    [Fact]
    public async Task Fake_clock_reports_when_the_code_under_test_waits()
    {
        var time = new TimerTrackingTimeProvider();
        var delay = Task.Run(() => Task.Delay(TimeSpan.FromHours(1), time));

        await time.WaitForTimersAsync();
        time.Advance(TimeSpan.FromHours(1));

        await delay.WaitAsync(Eventually.Deadline);
    }
}
