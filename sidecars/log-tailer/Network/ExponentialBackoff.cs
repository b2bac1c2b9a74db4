namespace LogTailer.Network;

/// <summary>Exponential backoff with full jitter: each delay is a random part of a span that doubles with every failure.</summary>
internal sealed class ExponentialBackoff(TimeSpan initialSpan, TimeSpan maxSpan, Random random)
{
    /// <summary>The longest <c>Retry-After</c> that is honored.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(15);

    private int _failures;

    /// <summary>Returns the delay after one more failure: the longer of our own delay and the server's <c>Retry-After</c>.</summary>
    public TimeSpan GetNextDelay(TimeSpan? retryAfter)
    {
        var span = Math.Min(maxSpan.TotalSeconds, initialSpan.TotalSeconds * Math.Pow(2, Math.Min(_failures, 30)));
        _failures++;
        var ownDelay = TimeSpan.FromSeconds(span * random.NextDouble());
        var serverDelay = retryAfter is { } wait && wait > MaxRetryAfter ? MaxRetryAfter : retryAfter;

        // A Retry-After of 0, or a date in the past, must not remove the delay.
        return serverDelay > ownDelay ? serverDelay.Value : ownDelay;
    }

    /// <summary>Starts again with the initial span, after a success.</summary>
    public void ResetFailures() => _failures = 0;
}
