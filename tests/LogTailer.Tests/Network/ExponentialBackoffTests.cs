using LogTailer.Network;

namespace LogTailer.Tests.Network;

/// <summary>Delays between two attempts.</summary>
public sealed class ExponentialBackoffTests
{
    [Theory]
    [InlineData(0, 0.9)]
    [InlineData(-3600, 0.9)]
    [InlineData(7, 7)]
    [InlineData(86400, 900)]
    public void Retry_After_can_extend_the_delay_but_not_remove_it(int retryAfterSeconds, double expectedSeconds)
    {
        var backoff = new ExponentialBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), new ConstantRandom());

        Assert.Equal(expectedSeconds, backoff.GetNextDelay(TimeSpan.FromSeconds(retryAfterSeconds)).TotalSeconds, 3);
    }

    private sealed class ConstantRandom : Random
    {
        public override double NextDouble() => 0.9;
    }
}
