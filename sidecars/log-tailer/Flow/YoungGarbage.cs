namespace LogTailer.Flow;

/// <summary>
/// Has garbage collected after every few megabytes of it. The runtime would let it pile up to the size of the processor's
/// cache, which on a server is more than all else of this process, and has no setting against that which a program can bring along.
/// </summary>
internal static class YoungGarbage
{
    private const long Tolerated = 6 * 1024 * 1024;

    private static long _collectedAt;

    /// <summary>To be called where allocating goes on: cheap, unless it is time.</summary>
    public static void Collect()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        var last = Volatile.Read(ref _collectedAt);

        if (allocated - last >= Tolerated && Interlocked.CompareExchange(ref _collectedAt, allocated, last) == last)
        {
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        }
    }
}
