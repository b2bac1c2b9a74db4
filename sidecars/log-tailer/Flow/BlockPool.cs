using System.Collections.Concurrent;

namespace LogTailer.Flow;

/// <summary>All the memory for lines in flight to one sink. When it is used up, reading waits: the file is the buffer.</summary>
/// <param name="inFlightBytes">The bound, in bytes; at least two blocks are held, so that one is read while the other is sent.</param>
internal sealed class BlockPool(long inFlightBytes) : IDisposable
{
    private readonly ConcurrentBag<Block> _idle = [];
    private readonly SemaphoreSlim _free = new(BlocksFor(inFlightBytes));

    /// <summary>How many blocks there are at most.</summary>
    public int Capacity { get; } = BlocksFor(inFlightBytes);

    /// <summary>How many are on their way.</summary>
    public int InFlight => Capacity - _free.CurrentCount;

    /// <summary>Takes a block, or null when none has come free in time. Blocks meanwhile.</summary>
    public Block? Rent(TimeSpan patience, CancellationToken cancellationToken) => _free.Wait(patience, cancellationToken) ? Take() : null;

    /// <summary>Takes a block, or null when none has come free in time.</summary>
    public async ValueTask<Block?> RentAsync(TimeSpan patience, CancellationToken cancellationToken)
        => await _free.WaitAsync(patience, cancellationToken) ? Take() : null;

    public void Return(Block block)
    {
        block.Shrink();
        _idle.Add(block);
        _free.Release();
    }

    public void Dispose() => _free.Dispose();

    private Block Take() => _idle.TryTake(out var block) ? block : new Block();

    private static int BlocksFor(long bytes) => (int)Math.Clamp(bytes / Block.UsualBytes, 2, 4096);
}
