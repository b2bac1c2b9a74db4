using LogTailer.Metrics;

namespace LogTailer.Follow.Remote;

/// <summary>Records what happens to a log that is followed over HTTP: in the log, in the metrics and for the checkpoint.</summary>
internal sealed partial class RemoteLogEvents(SinkMetrics metrics, Action positionsChanged, ILogger logger)
{
    public void OnFileStarted(string path, long offset)
    {
        Log.RemoteFileFound(logger, path, offset);
        positionsChanged();
    }

    /// <summary>The server has rolled the log over to a new file.</summary>
    public void OnFileRolled() => metrics.CountRotation("rename");

    /// <summary>The server no longer has the lines after the last position.</summary>
    public void OnLinesLost(string position, Uri url)
    {
        Log.LinesLost(logger, position, url);
        metrics.CountRotation("lost");
    }

    public void OnContentReplaced(Uri url)
    {
        Log.RemoteContentReplaced(logger, url);
        metrics.CountRotation("replace");
    }

    public void OnFilesRemoved() => positionsChanged();

    private static partial class Log
    {
        [LoggerMessage(111, LogLevel.Information, "Following {Path} from byte {Offset}")]
        public static partial void RemoteFileFound(ILogger logger, string path, long offset);

        [LoggerMessage(
            112,
            LogLevel.Error,
            "Lines lost: {Url} no longer has the lines after position {Position}; continuing with its oldest line. "
            + "Let the agent keep more (RequestLog:MaxFiles, RequestLog:MaxFileBytes)")]
        public static partial void LinesLost(ILogger logger, string position, Uri url);

        [LoggerMessage(113, LogLevel.Information, "Content replaced: {Url} starts with different bytes; restarting at byte 0")]
        public static partial void RemoteContentReplaced(ILogger logger, Uri url);
    }
}
