using MetricsRelay.Exposition;

namespace MetricsRelay.Scraping;

/// <summary>Reuses the buffers of one target: one is in use, one is being filled, and one serves a slow reader.</summary>
internal sealed class ScrapeBufferPool
{
    private const int MaxFree = 3;

    private readonly Stack<ScrapeBuffer> _free = new();

    public ScrapeBuffer RentBuffer()
    {
        lock (_free)
        {
            return _free.TryPop(out var buffer) ? buffer : new ScrapeBuffer(ReturnBuffer);
        }
    }

    /// <summary>Drops the free buffers.</summary>
    public void ClearFree()
    {
        lock (_free)
        {
            _free.Clear();
        }
    }

    private void ReturnBuffer(ScrapeBuffer buffer)
    {
        lock (_free)
        {
            if (_free.Count < MaxFree)
            {
                _free.Push(buffer);
            }
        }
    }
}
