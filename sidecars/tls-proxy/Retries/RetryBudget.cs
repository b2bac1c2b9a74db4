namespace TlsProxy.Retries;

/// <summary>
/// Limits retries to a share of the requests: each request adds a fraction of a retry, each retry removes one. When everything
/// fails, the load on the application grows by this share only, and not by a multiple.
/// </summary>
/// <param name="share">Retries per request, such as 0.2.</param>
internal sealed class RetryBudget(double share)
{
    /// <summary>The largest balance; it allows a few consecutive retries even with little traffic.</summary>
    internal const int MaximumBalance = 10;

    /// <summary>The balance is counted in thousandths, so that one atomic operation can change it.</summary>
    private const long OneRetry = 1000;

    private readonly long _deposit = (long)(share * OneRetry);
    private long _balance = share > 0 ? MaximumBalance * OneRetry : 0;

    public void AddRequest()
    {
        if (Volatile.Read(ref _balance) < MaximumBalance * OneRetry)
        {
            Interlocked.Add(ref _balance, _deposit);
        }
    }

    public bool TryTakeRetry()
    {
        while (true)
        {
            var balance = Volatile.Read(ref _balance);
            if (balance < OneRetry)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _balance, balance - OneRetry, balance) == balance)
            {
                return true;
            }
        }
    }
}
