using LogTailer.Follow.Changes;

namespace LogTailer.Tests.Follow;

/// <summary>A change signal that reports what a test enqueues.</summary>
internal sealed class ScriptedSignal : IChangeSignal
{
    /// <summary>The changes of the next waits; without any, a wait times out immediately.</summary>
    public Queue<FileChange> Changes { get; } = [];

    /// <summary>The watched directories.</summary>
    public List<string> Watched { get; } = [];

    /// <summary>Whether directories can be watched.</summary>
    public bool CanWatch { get; set; } = true;

    public bool WatchDirectory(string directory)
    {
        Watched.Add(directory);
        return CanWatch;
    }

    public FileChange WaitForChange(TimeSpan timeout) => Changes.TryDequeue(out var change) ? change : FileChange.None;

    public void CancelWaits()
    {
    }

    public void Dispose()
    {
    }
}
