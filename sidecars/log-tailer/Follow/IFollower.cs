using LogTailer.Checkpoint;
using LogTailer.Files;

namespace LogTailer.Follow;

/// <summary>Reads a log for one sink: passes on blocks of complete lines in order, and keeps the sink's position in each file.</summary>
internal interface IFollower
{
    /// <summary>The files at the last scan, oldest first.</summary>
    IReadOnlyList<FollowedFile> Files { get; }

    /// <summary>Why there is nothing to follow; null when there is.</summary>
    string? WaitingFor { get; }

    /// <summary>Adds the acknowledged positions, for the checkpoint. Called on any thread.</summary>
    void CollectPositions(List<CheckpointedPosition> positions);

    /// <summary>Follows the log until <paramref name="finish"/>, then reads up to its end at that moment, and returns.</summary>
    /// <param name="finish">Requests an orderly stop.</param>
    /// <param name="abort">Stops immediately: the shutdown timed out.</param>
    Task FollowLogAsync(CancellationToken finish, CancellationToken abort);
}
