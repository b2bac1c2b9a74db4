using MetricsRelay.Exposition;

namespace MetricsRelay.Scrape;

/// <summary>Keeps the few snapshots that one target needs in turns: one in use, one being filled, one for a slow reader.</summary>
internal sealed class SnapshotPool
{
    private const int Kept = 3;

    private readonly Stack<Snapshot> _free = new();

    public Snapshot Take()
    {
        lock (_free)
        {
            return _free.TryPop(out var snapshot) ? snapshot : new Snapshot(Return);
        }
    }

    /// <summary>Lets go of those that nobody uses at present.</summary>
    public void Trim()
    {
        lock (_free)
        {
            _free.Clear();
        }
    }

    private void Return(Snapshot snapshot)
    {
        lock (_free)
        {
            if (_free.Count < Kept)
            {
                _free.Push(snapshot);
            }
        }
    }
}
