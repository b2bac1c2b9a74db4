using System.Collections.Concurrent;

namespace LogTailer.Blocks;

/// <summary>Provides all memory for the lines in flight to one sink. When it is exhausted, reading waits: the file is the buffer.</summary>
/// <param name="inFlightBytes">The limit in bytes. There are at least two blocks, so that one is read while the other is sent.</param>
internal sealed class BlockPool(long inFlightBytes) : IDisposable
{
    private readonly ConcurrentBag<Block> _idle = [];
    private readonly SemaphoreSlim _free = new(CountBlocks(inFlightBytes));

    /// <summary>The maximum number of blocks.</summary>
    public int Capacity { get; } = CountBlocks(inFlightBytes);

    /// <summary>The number of blocks in use.</summary>
    public int InFlight => Capacity - _free.CurrentCount;

    /// <summary>Blocks until a block is free; null after <paramref name="timeout"/>.</summary>
    public Block? RentBlock(TimeSpan timeout, CancellationToken cancellationToken)
        => _free.Wait(timeout, cancellationToken) ? GetIdleBlock() : null;

    /// <summary>Waits until a block is free; null after <paramref name="timeout"/>.</summary>
    public async ValueTask<Block?> RentBlockAsync(TimeSpan timeout, CancellationToken cancellationToken)
        => await _free.WaitAsync(timeout, cancellationToken) ? GetIdleBlock() : null;

    public void ReturnBlock(Block block)
    {
        block.ClearContent();
        _idle.Add(block);
        _free.Release();
    }

    public void Dispose() => _free.Dispose();

    private Block GetIdleBlock() => _idle.TryTake(out var block) ? block : new Block();

    private static int CountBlocks(long bytes) => (int)Math.Clamp(bytes / Block.DefaultBytes, 2, 4096);
}
