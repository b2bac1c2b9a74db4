namespace Hosting.Metrics;

/// <summary>What one counter series has counted since the last scrape. Added to by any thread, without entering the registry.</summary>
/// <param name="createSeries">Creates the series at the first scrape, and returns its increment.</param>
internal sealed class PendingIncrement(Func<Action<double>> createSeries)
{
    private Action<double>? _incrementSeries;
    private double _value;

    public void AddIncrement(double increment)
    {
        // A counter cannot decrease, and an increment that is not a number would destroy its total.
        if (!(increment >= 0))
        {
            return;
        }

        double current;
        do
        {
            current = Volatile.Read(ref _value);
        }
        while (Interlocked.CompareExchange(ref _value, current + increment, current) != current);
    }

    public void MoveToRegistry()
    {
        _incrementSeries ??= createSeries();
        _incrementSeries(Interlocked.Exchange(ref _value, 0));
    }
}
