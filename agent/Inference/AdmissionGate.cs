using System.Diagnostics.CodeAnalysis;

namespace Agent.Inference;

/// <summary>Bounds the work: so many requests at a time, so many waiting in order of arrival, and the rest turned away at once.</summary>
[SuppressMessage(
    "Reliability", "CA1001:Types that own disposable fields should be disposable",
    Justification = "A semaphore holds nothing to release unless its wait handle is asked for; and a gate that a reload has replaced is still left by those inside.")]
internal sealed class AdmissionGate(int concurrency, int queueLimit)
{
    private readonly SemaphoreSlim _slots = new(concurrency);
    private readonly long _most = (long)concurrency + queueLimit;
    private long _inside;

    /// <returns>False when as many are inside as may be; else <see cref="Leave"/> must follow.</returns>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public async ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _inside) > _most)
        {
            Interlocked.Decrement(ref _inside);
            return false;
        }

        try
        {
            await _slots.WaitAsync(cancellationToken);
            return true;
        }
        catch
        {
            Interlocked.Decrement(ref _inside);
            throw;
        }
    }

    /// <returns>False when it would have to wait; else <see cref="Leave"/> must follow.</returns>
    public bool TryEnter()
    {
        // With anybody waiting there is no slot free: one that is left goes to them.
        if (!_slots.Wait(0))
        {
            return false;
        }

        Interlocked.Increment(ref _inside);
        return true;
    }

    public void Leave()
    {
        _slots.Release();
        Interlocked.Decrement(ref _inside);
    }
}
