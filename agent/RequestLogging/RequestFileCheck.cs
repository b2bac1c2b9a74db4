namespace Agent.RequestLogging;

/// <summary>Whether the request log could be written now, and would fit. Leaves nothing behind.</summary>
internal sealed class RequestFileCheck(AgentOptions options) : ICheck
{
    private const string Subject = "request log";

    public IAsyncEnumerable<Finding> CheckEnvironmentAsync(CancellationToken cancellationToken) => Look().ToAsyncEnumerable();

    private IEnumerable<Finding> Look()
    {
        if (options.LogFile.Length == 0)
        {
            yield return Finding.Warning(Subject, "LOG_FILE is not set: no request log is written.", "Set it to a path on the volume that a log sidecar reads.");
            yield break;
        }

        var target = RolledFiles.TargetOf(options.LogFile);
        var directory = Path.GetDirectoryName(target)!;
        if (WhyNotWritable(target, directory) is { } why)
        {
            yield return Finding.Failure(
                Subject, $"{target} cannot be written: {why.TrimEnd('.')}.",
                "Mount a writable volume there, and give this user the right to write (fsGroup, or runAsUser); requests are answered without, but leave no line.");
            yield break;
        }

        yield return Finding.Ok(Subject, $"{target} can be written{(Directory.Exists(directory) ? "" : ", its directory will be made")}.");
        var most = options.RequestLog.MaxFileBytes * options.RequestLog.MaxFiles;
        var free = new DriveInfo(NearestDirectory(directory)).AvailableFreeSpace + SizeNow(target);
        if (free < most)
        {
            yield return Finding.Warning(
                Subject, $"up to {most >> 20} MiB are kept (RequestLog:MaxFileBytes times MaxFiles), and {free >> 20} MiB fit.",
                "Make the volume larger or the limits smaller; on a full disk lines are lost and counted.");
        }
    }

    private static string? WhyNotWritable(string target, string directory)
    {
        try
        {
            if (File.Exists(target))
            {
                // For appending, and nothing is appended.
                using var file = new FileStream(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                return null;
            }

            if (Directory.Exists(target))
            {
                return "it is a directory";
            }

            var nearest = NearestDirectory(directory);
            if (File.Exists(directory))
            {
                return $"{directory} is a file and no directory";
            }

            var attempt = Path.Combine(nearest, $".check-{Environment.ProcessId}");
            using var created = new FileStream(attempt, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <summary>The directory itself, or the one above it that is there.</summary>
    private static string NearestDirectory(string directory)
    {
        var nearest = directory;
        while (!Directory.Exists(nearest) && Path.GetDirectoryName(nearest) is { } parent)
        {
            nearest = parent;
        }

        return nearest;
    }

    private static long SizeNow(string target) =>
        Directory.Exists(Path.GetDirectoryName(target))
            ? RolledFiles.Of(target).Select(file => file.Path).Append(target).Where(File.Exists).Sum(file => new FileInfo(file).Length)
            : 0;
}
