using ConfigReloader.Targets;

namespace ConfigReloader.Tests.Targets;

public sealed class BackoffTests
{
    [Fact]
    public void Delay_doubles_up_to_the_maximum_and_starts_again_after_a_reset()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), () => 0.5);

        Assert.Equal([1, 2, 4, 5, 5], Enumerable.Range(0, 5).Select(_ => backoff.NextDelay().TotalSeconds));
        backoff.ResetDelay();
        Assert.Equal(1, backoff.NextDelay().TotalSeconds);
    }

    [Theory]
    [InlineData(0.0, 0.8)]
    [InlineData(0.999999, 1.2)]
    public void Jitter_is_twenty_percent_in_both_directions(double random, double expected) =>
        Assert.Equal(expected, new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), () => random).NextDelay().TotalSeconds, 3);

    [Fact]
    public void First_delay_is_limited_to_the_maximum() =>
        Assert.Equal(2, new Backoff(TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(2), () => 0.5).NextDelay().TotalSeconds);
}
