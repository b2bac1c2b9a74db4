namespace LogTailer.Sinks.Http;

/// <summary>Exponential back-off with full jitter: a random part of a span that doubles with each failure.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, Random random)
{
    /// <summary>No server is believed that asks for more patience than this.</summary>
    public static readonly TimeSpan MostPatience = TimeSpan.FromMinutes(15);

    private int _failures;

    /// <summary>How long to wait after one more failure; what the server asked for is honoured.</summary>
    public TimeSpan Next(TimeSpan? retryAfter)
    {
        var span = Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Min(_failures, 30)));
        _failures++;

        return retryAfter is { } asked
            ? asked < MostPatience ? asked : MostPatience
            : TimeSpan.FromSeconds(span * random.NextDouble());
    }

    /// <summary>It works again.</summary>
    public void Reset() => _failures = 0;
}
