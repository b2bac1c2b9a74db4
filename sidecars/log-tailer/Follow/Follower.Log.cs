namespace LogTailer.Follow;

/// <content>What is told of files as they come and go.</content>
internal sealed partial class Follower
{
    private static partial class Log
    {
        [LoggerMessage(110, LogLevel.Error, "{Path} was removed with {Bytes} bytes unread: more than {Held} files were waiting, and no more are held open. Keep rotated files for longer")]
        public static partial void Lost(ILogger logger, string path, long bytes, int held);

        [LoggerMessage(100, LogLevel.Information, "Following {Path} from byte {Offset} of {Size}")]
        public static partial void Found(ILogger logger, string path, long offset, long size);

        [LoggerMessage(114, LogLevel.Information, "Following {Count} files more")]
        public static partial void FoundMore(ILogger logger, int count);

        [LoggerMessage(101, LogLevel.Information, "{Path} is {Fate}: reading it to its end")]
        public static partial void Left(ILogger logger, string path, string fate);

        [LoggerMessage(102, LogLevel.Information, "{Path} is read to its end and let go")]
        public static partial void LetGo(ILogger logger, string path);

        [LoggerMessage(103, LogLevel.Information, "{OldPath} is now {Path}")]
        public static partial void Renamed(ILogger logger, string oldPath, string path);

        [LoggerMessage(104, LogLevel.Information, "{Path} was truncated to {Size} bytes, {Offset} were read: starting again at its beginning")]
        public static partial void Truncated(ILogger logger, string path, long size, long offset);

        [LoggerMessage(105, LogLevel.Information, "{Path} has other content than before: starting at its beginning")]
        public static partial void Replaced(ILogger logger, string path);

        [LoggerMessage(106, LogLevel.Information, "Waiting: {What} {Remedy}")]
        public static partial void Waiting(ILogger logger, string what, string remedy);

        [LoggerMessage(107, LogLevel.Warning, "{Path} ends with a line that was never finished; its {Bytes} bytes are shipped as a line")]
        public static partial void TornLine(ILogger logger, string path, long bytes);

        [LoggerMessage(108, LogLevel.Information, "{Path}: {Bytes} bytes at its end are no whole line yet and are left for the next run")]
        public static partial void LeftUnread(ILogger logger, string path, long bytes);

        [LoggerMessage(109, LogLevel.Warning, "There is nothing to ship: {What}")]
        public static partial void NothingThere(ILogger logger, string what);
    }
}
