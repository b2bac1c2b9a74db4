namespace Agent.Remote;

/// <summary>
/// Bounds retries by the requests made: a tenth of them, and ten to begin with. So when a remote is down altogether, it is
/// not asked three times as much as when it is well.
/// </summary>
internal sealed class RetryBudget
{
    private const int CostOfRetry = 10;
    private const int Most = 10 * CostOfRetry;

    private int _credit = Most;

    /// <summary>Every request earns a tenth of a retry.</summary>
    public void Earn()
    {
        int credit;
        while ((credit = Volatile.Read(ref _credit)) < Most
            && Interlocked.CompareExchange(ref _credit, credit + 1, credit) != credit)
        {
        }
    }

    public bool TrySpend()
    {
        int credit;
        while ((credit = Volatile.Read(ref _credit)) >= CostOfRetry)
        {
            if (Interlocked.CompareExchange(ref _credit, credit - CostOfRetry, credit) == credit)
            {
                return true;
            }
        }

        return false;
    }
}
