namespace TlsProxy.Retries;

/// <summary>
/// Keeps retries a share of the requests: each request pays a part of a retry in, each retry takes a whole one out. When
/// everything fails, the application gets that share more, and not a multiple, of what it cannot take.
/// </summary>
/// <param name="share">Retries a request, such as 0.2.</param>
internal sealed class RetryBudget(double share)
{
    /// <summary>What quiet times may save up, so that a few failures in a row are mended whatever the traffic.</summary>
    internal const int Reserve = 10;

    /// <summary>Counted in thousandths, so that one number can be changed by one instruction.</summary>
    private const long One = 1000;

    private readonly long _deposit = (long)(share * One);
    private long _balance = share > 0 ? Reserve * One : 0;

    public void Deposit()
    {
        if (Volatile.Read(ref _balance) < Reserve * One)
        {
            Interlocked.Add(ref _balance, _deposit);
        }
    }

    public bool TryWithdraw()
    {
        while (true)
        {
            var balance = Volatile.Read(ref _balance);
            if (balance < One)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _balance, balance - One, balance) == balance)
            {
                return true;
            }
        }
    }
}
