namespace LogTailer.Sinks.Http;

/// <summary>Exponential back-off with full jitter: a random part of a span that doubles with each failure.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, Random random)
{
    /// <summary>No server is believed that asks for more patience than this.</summary>
    public static readonly TimeSpan MostPatience = TimeSpan.FromMinutes(15);

    private int _failures;

    /// <summary>How long to wait after one more failure; what the server asks for beyond that is honoured.</summary>
    public TimeSpan Next(TimeSpan? retryAfter)
    {
        var span = Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Min(_failures, 30)));
        _failures++;
        var own = TimeSpan.FromSeconds(span * random.NextDouble());
        var asked = retryAfter is { } wait && wait > MostPatience ? MostPatience : retryAfter;

        // Asked for 0, or for a time that is past, it would be tried again without a pause.
        return asked > own ? asked.Value : own;
    }

    /// <summary>It works again.</summary>
    public void Reset() => _failures = 0;
}
