using LogTailer.Sinks.Http;

namespace LogTailer.Tests.Sinks;

/// <summary>How long a sink waits between two attempts.</summary>
public sealed class BackoffTests
{
    [Theory]
    [InlineData(0, 0.9)]
    [InlineData(-3600, 0.9)]
    [InlineData(7, 7)]
    [InlineData(86400, 900)]
    public void A_server_may_ask_for_more_patience_but_not_for_none(int asked, double seconds)
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), new Fixed());

        Assert.Equal(seconds, backoff.Next(TimeSpan.FromSeconds(asked)).TotalSeconds, 3);
    }

    private sealed class Fixed : Random
    {
        public override double NextDouble() => 0.9;
    }
}
