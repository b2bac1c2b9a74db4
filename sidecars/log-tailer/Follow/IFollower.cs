using LogTailer.Checkpoint;

namespace LogTailer.Follow;

/// <summary>Where lines come from for one sink: hands on blocks of whole lines in order, and knows where the sink stands.</summary>
internal interface IFollower
{
    /// <summary>The files in order, oldest first, as of the last look.</summary>
    IReadOnlyList<FollowedFile> Files { get; }

    /// <summary>Why there is nothing to follow; null when there is.</summary>
    string? WaitingFor { get; }

    /// <summary>Adds where the sink stands, for the checkpoint. Called on any thread.</summary>
    void AddPositions(List<CheckpointedPosition> positions);

    /// <summary>Follows until <paramref name="finish"/>, then reads on to where the log ends at that moment, and returns.</summary>
    /// <param name="finish">Come to an end in good order.</param>
    /// <param name="abort">Stop at once: grace is spent.</param>
    Task RunAsync(CancellationToken finish, CancellationToken abort);
}
