namespace Agent.Remote;

/// <summary>
/// Limits retries to a tenth of the requests, plus ten at the start. While a remote is down, the agent therefore sends it about
/// ten percent more requests, and not a multiple.
/// </summary>
internal sealed class RetryBudget
{
    private const int RetryCost = 10;
    private const int MaxCredit = 10 * RetryCost;

    private int _credit = MaxCredit;

    /// <summary>Adds a tenth of a retry; call it once per request.</summary>
    public void AddRequestCredit()
    {
        int credit;
        while ((credit = Volatile.Read(ref _credit)) < MaxCredit
            && Interlocked.CompareExchange(ref _credit, credit + 1, credit) != credit)
        {
        }
    }

    /// <summary>Spends the credit for one retry.</summary>
    /// <returns>False if the credit is too low; then do not retry.</returns>
    public bool TrySpendRetry()
    {
        int credit;
        while ((credit = Volatile.Read(ref _credit)) >= RetryCost)
        {
            if (Interlocked.CompareExchange(ref _credit, credit - RetryCost, credit) == credit)
            {
                return true;
            }
        }

        return false;
    }
}
