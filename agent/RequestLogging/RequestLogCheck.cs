namespace Agent.RequestLogging;

/// <summary>Checks whether the request log can be written and fits on its disk. Leaves no file behind.</summary>
internal sealed class RequestLogCheck(RequestLogSettings settings) : ICheck
{
    private const string Subject = "request log";

    public IAsyncEnumerable<Finding> CheckEnvironmentAsync(CancellationToken cancellationToken) => FindProblems().ToAsyncEnumerable();

    private IEnumerable<Finding> FindProblems()
    {
        if (settings.Path.Length == 0)
        {
            yield return Finding.Warning(
                Subject, "LOG_FILE is not set: no request log is written.", "Set it to a path on the volume that the log sidecar reads.");
            yield break;
        }

        var target = RolledFiles.ResolveTarget(settings.Path);
        var directory = Path.GetDirectoryName(target)!;
        if (FindWriteObstacle(target, directory) is { } obstacle)
        {
            yield return Finding.Failure(
                Subject, $"{target} cannot be written: {obstacle.TrimEnd('.')}.",
                "Mount a writable volume and give this user write permission (fsGroup or runAsUser). Until then requests are not logged.");
            yield break;
        }

        var creation = Directory.Exists(directory) ? "" : "; its directory will be created";
        yield return Finding.Ok(Subject, $"{target} can be written{creation}.");
        var needed = settings.Options.MaxFileBytes * settings.Options.MaxFiles;
        var available = new DriveInfo(FindExistingDirectory(directory)).AvailableFreeSpace + MeasureFiles(target);
        if (available < needed)
        {
            yield return Finding.Warning(
                Subject,
                $"The log may grow to {needed >> 20} MiB (RequestLog:MaxFileBytes times MaxFiles), but {available >> 20} MiB are free.",
                "Enlarge the volume or lower the limits; on a full disk lines are dropped and counted.");
        }
    }

    /// <returns>The reason why the file cannot be written; null if it can.</returns>
    private static string? FindWriteObstacle(string target, string directory)
    {
        try
        {
            if (File.Exists(target))
            {
                using var file = new FileStream(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                return null;
            }

            if (Directory.Exists(target))
            {
                return "it is a directory";
            }

            var existing = FindExistingDirectory(directory);
            if (File.Exists(directory))
            {
                return $"{directory} is a file, not a directory";
            }

            var probe = Path.Combine(existing, $".check-{Environment.ProcessId}");
            using var created = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }

    /// <summary>The directory, or its closest ancestor that exists.</summary>
    private static string FindExistingDirectory(string directory)
    {
        var existing = directory;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            existing = parent;
        }

        return existing;
    }

    private static long MeasureFiles(string target)
    {
        if (!Directory.Exists(Path.GetDirectoryName(target)))
        {
            return 0;
        }

        var files = RolledFiles.ListFiles(target).Select(file => file.Path).Append(target);
        return files.Where(File.Exists).Sum(file => new FileInfo(file).Length);
    }
}
