using System.Diagnostics.CodeAnalysis;

namespace Agent.Inference;

/// <summary>
/// Bounds the concurrent requests and the waiting ones, which are admitted in order of arrival. Further requests are rejected
/// immediately.
/// </summary>
[SuppressMessage(
    "Reliability", "CA1001:Types that own disposable fields should be disposable",
    Justification = "Its wait handle is never used, so the semaphore holds no resources; requests leave a replaced gate later.")]
internal sealed class AdmissionGate(int concurrency, int queueLimit)
{
    private readonly SemaphoreSlim _slots = new(concurrency);
    private readonly long _maxRequests = (long)concurrency + queueLimit;
    private long _requests;

    /// <summary>Waits for a slot. After true, call <see cref="ReleaseSlot"/>.</summary>
    /// <returns>False if the queue is full.</returns>
    /// <exception cref="OperationCanceledException">Canceled while waiting.</exception>
    public async ValueTask<bool> WaitForSlotAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _requests) > _maxRequests)
        {
            Interlocked.Decrement(ref _requests);
            return false;
        }

        try
        {
            await _slots.WaitAsync(cancellationToken);
            return true;
        }
        catch
        {
            Interlocked.Decrement(ref _requests);
            throw;
        }
    }

    /// <summary>Takes a free slot without waiting. After true, call <see cref="ReleaseSlot"/>.</summary>
    /// <returns>False if no slot is free.</returns>
    public bool TryTakeSlot()
    {
        // Does not overtake waiting requests: while any waits, a released slot goes to it and none is free.
        if (!_slots.Wait(0))
        {
            return false;
        }

        Interlocked.Increment(ref _requests);
        return true;
    }

    public void ReleaseSlot()
    {
        _slots.Release();
        Interlocked.Decrement(ref _requests);
    }
}
