namespace MetricsRelay.Scraping;

/// <summary>
/// Returns memory to the system after the number of series has grown. The first scrapes leave outgrown arrays behind. Once the number
/// of series is stable the heap is compacted; later scrapes allocate almost nothing.
/// </summary>
internal sealed class HeapCompactor(ScrapeBufferPool buffers)
{
    // Fewer series do not waste enough memory.
    private const int MinSeries = 4096;

    // The first compaction happens when every buffer has reached its size, the second when slow readers have released theirs.
    private const int ScrapesUntilLast = 16;
    private const int RemainingAtFirst = 12;

    private int _stableSeries;
    private int _remainingScrapes;

    public void OnScrapeCompleted(int seriesCount)
    {
        if (seriesCount > _stableSeries + (_stableSeries / 4) && seriesCount > MinSeries)
        {
            (_stableSeries, _remainingScrapes) = (seriesCount, ScrapesUntilLast);
        }
        else if (_remainingScrapes > 0 && --_remainingScrapes is 0 or RemainingAtFirst)
        {
            buffers.ClearFree();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
