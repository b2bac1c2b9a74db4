using ConfigReloader.Watching;

namespace ConfigReloader.Tests.Watching;

public sealed class WatchStateTests
{
    private static readonly TimeSpan Now = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(10);

    private static WatchState Starting => new WatchState.Starting(TargetContent.Unknown);

    private static WatchState InStepWithA => new WatchState.InStep("a");

    [Fact]
    public void First_content_is_pending_if_the_target_is_unknown()
    {
        var state = Starting.OnSnapshotChanged("a");

        Assert.Equal(new WatchState.Pending("a", TargetContent.Unknown), state);
        Assert.True(state.IsAttemptDue(Now));
    }

    [Fact]
    public void First_content_is_in_step_if_it_was_delivered_before_the_start()
    {
        var state = new WatchState.Starting(TargetContent.FromFingerprint("a")).OnSnapshotChanged("a");

        Assert.Equal(InStepWithA, state);
        Assert.False(state.IsAttemptDue(Now));
    }

    [Fact]
    public void Change_back_to_the_delivered_content_before_the_attempt_needs_no_delivery()
    {
        var state = InStepWithA.OnSnapshotChanged("b").OnSnapshotChanged("a");

        Assert.Equal(InStepWithA, state);
    }

    [Fact]
    public void Change_back_to_unconfirmed_content_stays_unconfirmed_without_a_second_delivery()
    {
        var state = new WatchState.Unconfirmed("a").OnSnapshotChanged("b").OnSnapshotChanged("a");

        Assert.Equal(new WatchState.Unconfirmed("a"), state);
        Assert.False(state.IsAttemptDue(Now));
    }

    [Theory]
    [InlineData("Delivered", "InStep", "a")]
    [InlineData("Unconfirmed", "Unconfirmed", "a")]
    [InlineData("Rejected", "Rejected", null)]
    [InlineData("NotRendered", "NotRendered", "old")]
    [InlineData("Failed", "Pending", null)]
    public void Outcome_of_an_attempt_determines_the_phase_and_what_the_target_uses(string outcome, string phase, string? target)
    {
        var pending = new WatchState.Pending("a", TargetContent.FromFingerprint("old"));

        var state = pending.OnAttemptEnded("a", Enum.Parse<AttemptOutcome>(outcome), retryAt: Now);

        Assert.Equal(phase, state.Phase.ToString());
        Assert.Equal(target, state.Target.Fingerprint);
        Assert.Equal("a", state.Fingerprint);
    }

    [Theory]
    [InlineData("Delivered")]
    [InlineData("Unconfirmed")]
    [InlineData("Rejected")]
    [InlineData("NotRendered")]
    public void Attempt_that_did_not_fail_is_not_repeated_until_the_next_change(string outcome)
    {
        var state = new WatchState.Pending("a", TargetContent.Unknown).OnAttemptEnded("a", Enum.Parse<AttemptOutcome>(outcome));

        Assert.False(state.IsAttemptDue(TimeSpan.MaxValue));
        Assert.Equal(PollInterval, state.GetCheckDelay(PollInterval, Now));
        Assert.True(state.OnSnapshotChanged("b").IsAttemptDue(Now));
    }

    [Fact]
    public void Change_back_after_a_failed_attempt_is_delivered_because_the_target_is_unknown()
    {
        var state = InStepWithA.OnSnapshotChanged("b").OnAttemptEnded("b", AttemptOutcome.Failed, Now).OnSnapshotChanged("a");

        Assert.Equal(new WatchState.Pending("a", TargetContent.Unknown), state);
    }

    [Fact]
    public void Failed_attempt_is_due_again_at_its_retry_time()
    {
        var state = InStepWithA.OnAttemptEnded("b", AttemptOutcome.Failed, Now);

        Assert.False(state.IsAttemptDue(Now - TimeSpan.FromTicks(1)));
        Assert.True(state.IsAttemptDue(Now));
    }

    [Theory]
    [InlineData(97, 3)]
    [InlineData(50, 10)]
    [InlineData(101, 0)]
    public void Next_check_is_at_the_retry_time_but_not_later_than_the_poll_interval(int now, int delay)
    {
        var state = InStepWithA.OnAttemptEnded("b", AttemptOutcome.Failed, Now);

        Assert.Equal(TimeSpan.FromSeconds(delay), state.GetCheckDelay(PollInterval, TimeSpan.FromSeconds(now)));
    }

    [Fact]
    public void Unreadable_source_is_checked_every_second_and_returns_to_the_state_before()
    {
        var before = new WatchState.NotRendered("a", TargetContent.FromFingerprint("old"));

        var state = before.OnUnreadable().OnUnreadable();

        Assert.Equal(WatchPhase.Unreadable, state.Phase);
        Assert.Equal(("a", "old"), (state.Fingerprint, state.Target.Fingerprint));
        Assert.Equal(TimeSpan.FromSeconds(1), state.GetCheckDelay(PollInterval, Now));
        Assert.False(state.IsAttemptDue(Now));
        Assert.Equal(before, state.OnReadable());
    }

    [Fact]
    public void Source_that_appears_after_the_start_is_pending()
    {
        var state = Starting.OnUnreadable().OnReadable().OnSnapshotChanged("a");

        Assert.True(state.IsAttemptDue(Now));
    }
}
