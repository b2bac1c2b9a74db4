using Microsoft.Extensions.Time.Testing;

namespace TestKit;

/// <summary>
/// A <see cref="FakeTimeProvider"/> that counts timers. A test can then wait until the code under test waits for a timer, and
/// only then advance the clock. <see cref="FakeTimeProvider"/> alone cannot tell: an earlier advance would have no effect.
/// </summary>
public sealed class TimerTrackingTimeProvider : FakeTimeProvider
{
    private int _createdTimers;

    /// <summary>The number of timers created so far; every delay and every periodic timer is one.</summary>
    public int CreatedTimers => Volatile.Read(ref _createdTimers);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        Interlocked.Increment(ref _createdTimers);
        return timer;
    }

    /// <summary>Waits until at least <paramref name="count"/> timers were created.</summary>
    public Task WaitForTimersAsync(int count = 1) =>
        Eventually.AssertAsync(() => CreatedTimers >= count, () => $"{CreatedTimers} of {count} timers created");
}
