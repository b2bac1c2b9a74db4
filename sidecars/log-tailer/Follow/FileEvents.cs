using LogTailer.Files;
using LogTailer.Metrics;

namespace LogTailer.Follow;

/// <summary>Records what happens to the followed files: in the log, in the metrics and for the checkpoint.</summary>
internal sealed partial class FileEvents(SinkMetrics metrics, Action positionsChanged, ILogger logger)
{
    /// <summary>The number of new files per scan that are logged by name.</summary>
    private const int MaxFilesLoggedPerScan = 100;

    private int _foundInScan;

    public void OnScanStarted() => _foundInScan = 0;

    public void OnScanFinished()
    {
        if (_foundInScan > MaxFilesLoggedPerScan)
        {
            Log.MoreFilesFound(logger, _foundInScan - MaxFilesLoggedPerScan);
        }
    }

    /// <summary>The set of positions changed without an acknowledgement, so the checkpoint is out of date.</summary>
    public void OnPositionsChanged() => positionsChanged();

    public void OnFileFound(string path, long offset, long size)
    {
        if (++_foundInScan <= MaxFilesLoggedPerScan)
        {
            Log.FileFound(logger, path, offset, size);
        }
    }

    public void OnFileRenamed(string oldPath, string newPath)
    {
        Log.FileRenamed(logger, oldPath, newPath);
        metrics.CountRotation("rename");
    }

    /// <summary>A file no longer matches the path or glob.</summary>
    public void OnFileRotated(FollowedFile file, bool isSymbolicLink)
    {
        metrics.CountRotation(file.IsDeleted ? "delete" : isSymbolicLink ? "symlink" : "rename");
        Log.FileRotated(logger, file.Path, file.IsDeleted ? "deleted" : "renamed or replaced");
    }

    public void OnFileTruncated(string path, long size, long offset)
    {
        metrics.CountRotation("truncate");
        Log.FileTruncated(logger, path, size, offset);
    }

    public void OnContentReplaced(string path)
    {
        metrics.CountRotation("replace");
        Log.ContentReplaced(logger, path);
    }

    public void OnPartialLineShipped(string path, long bytes) => Log.PartialLineShipped(logger, path, bytes);

    public void OnPartialLineKept(string path, long bytes) => Log.PartialLineKept(logger, path, bytes);

    public void OnFileClosed(string path) => Log.FileClosed(logger, path);

    public void OnFileLost(string path, long bytes, int maxOpenFiles) => Log.FileLost(logger, path, bytes, maxOpenFiles);

    public void OnWaitingForFile(string what, string remedy) => Log.WaitingForFile(logger, what, remedy);

    public void OnNothingToShip(string what) => Log.NothingToShip(logger, what);

    private static partial class Log
    {
        [LoggerMessage(100, LogLevel.Information, "Following {Path} from byte {Offset} of {Size}")]
        public static partial void FileFound(ILogger logger, string path, long offset, long size);

        [LoggerMessage(114, LogLevel.Information, "Following {Count} more files")]
        public static partial void MoreFilesFound(ILogger logger, int count);

        [LoggerMessage(101, LogLevel.Information, "Rotated: {Path} was {Change}; reading its remaining lines")]
        public static partial void FileRotated(ILogger logger, string path, string change);

        [LoggerMessage(102, LogLevel.Information, "Finished reading {Path}, file closed")]
        public static partial void FileClosed(ILogger logger, string path);

        [LoggerMessage(103, LogLevel.Information, "Rotated: {OldPath} was renamed to {Path}")]
        public static partial void FileRenamed(ILogger logger, string oldPath, string path);

        [LoggerMessage(104, LogLevel.Information, "Truncated: {Path} has {Size} bytes, read offset was {Offset}; restarting at byte 0")]
        public static partial void FileTruncated(ILogger logger, string path, long size, long offset);

        [LoggerMessage(105, LogLevel.Information, "Content replaced: {Path} starts with different bytes; restarting at byte 0")]
        public static partial void ContentReplaced(ILogger logger, string path);

        [LoggerMessage(106, LogLevel.Information, "Waiting for the log file. {What} {Remedy}")]
        public static partial void WaitingForFile(ILogger logger, string what, string remedy);

        [LoggerMessage(107, LogLevel.Warning, "Incomplete last line of rotated file {Path} shipped as a line ({Bytes} bytes)")]
        public static partial void PartialLineShipped(ILogger logger, string path, long bytes);

        [LoggerMessage(108, LogLevel.Information, "Incomplete last line of {Path} kept for the next run ({Bytes} bytes)")]
        public static partial void PartialLineKept(ILogger logger, string path, long bytes);

        [LoggerMessage(109, LogLevel.Warning, "Nothing to ship. {What}")]
        public static partial void NothingToShip(ILogger logger, string what);

        [LoggerMessage(
            110,
            LogLevel.Error,
            "Lines lost: {Path} was removed with {Bytes} unread bytes; the limit of {MaxOpenFiles} open files was reached. "
            + "Keep rotated files longer")]
        public static partial void FileLost(ILogger logger, string path, long bytes, int maxOpenFiles);
    }
}
