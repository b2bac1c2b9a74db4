using LogTailer.Checkpoint;
using LogTailer.Files;
using LogTailer.Follow;
using LogTailer.Follow.Changes;
using LogTailer.Follow.Remote;
using LogTailer.Metrics;

namespace LogTailer.Pipelines;

/// <summary>Creates followers: for files, or for a log served over HTTP.</summary>
/// <param name="pattern">The files to follow; null with <c>Tail:Url</c>.</param>
/// <param name="options">How the log is read.</param>
/// <param name="checkpoint">Provides the positions of the previous run.</param>
/// <param name="problems">Receives problems with the log.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">Creates the loggers.</param>
internal sealed class FollowerFactory(
    LogPattern? pattern, TailOptions options, CheckpointWriter checkpoint, Problems problems, TimeProvider time, ILoggerFactory loggers)
{
    /// <summary>Creates the follower of one sink.</summary>
    public IFollower CreateFollower(string sinkName, BlockQueue queue, SinkMetrics metrics)
    {
        var restored = checkpoint.GetRestoredPositions(sinkName);

        if (options.Url is { } url)
        {
            metrics.DeclareRotationKinds("rename", "replace", "lost");
            var remoteEvents = new RemoteLogEvents(metrics, OnPositionsChanged, loggers.CreateLogger<RemoteFollower>());
            return new RemoteFollower(url, options, restored, queue, remoteEvents, problems, time);
        }

        metrics.DeclareRotationKinds("rename", "symlink", "truncate", "replace", "delete");
        var events = new FileEvents(metrics, OnPositionsChanged, loggers.CreateLogger<FileFollower>());
        return new FileFollower(pattern!, options, restored, queue, ChangeSignalFactory.CreateSignal(), events, problems, time);

        void OnPositionsChanged() => checkpoint.ReportProgress(0);
    }
}
