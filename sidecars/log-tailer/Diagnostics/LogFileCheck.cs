using System.Globalization;
using System.Runtime.CompilerServices;
using LogTailer.Files;

namespace LogTailer.Diagnostics;

/// <summary>Checks whether the log file exists, is readable and is growing.</summary>
/// <param name="pattern">The files to follow; null with <c>Tail:Url</c>.</param>
/// <param name="time">The clock.</param>
internal sealed class LogFileCheck(LogPattern? pattern, TimeProvider time) : ICheck
{
    private const string Subject = "log file";

    private static readonly TimeSpan StaleAge = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan GrowthWait = TimeSpan.FromSeconds(2);

    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (pattern is null)
        {
            yield break;
        }

        var found = FindFiles(pattern);

        if (found.Count == 0)
        {
            var (what, remedy, _) = new FileDiagnosis(pattern).ExplainMissingFile();
            yield return Finding.Failure(Subject, what, remedy);
            yield break;
        }

        foreach (var (path, _) in found)
        {
            if (FindReadError(path) is { } error)
            {
                yield return Finding.Failure(Subject, error.What, error.Remedy);
                yield break;
            }
        }

        var newest = found.MaxBy(file => file.Stat.Modified);
        var count = found.Count > 1 ? $"; {found.Count} files match" : "";
        yield return Finding.Ok(
            Subject, $"{newest.Path} is readable by {FileDiagnosis.DescribeUser()} and has {newest.Stat.Size} bytes{count}.");

        if (!found.Any(file => file.Stat.Size > 0))
        {
            yield return Finding.Warning(
                Subject,
                $"{newest.Path} is empty.",
                "Check that the application writes to exactly this path and that its logging is enabled.");
            yield break;
        }

        var age = time.GetUtcNow().UtcDateTime - newest.Stat.Modified;

        if (age < TimeSpan.FromMinutes(-1))
        {
            yield return Finding.Warning(
                "clock",
                string.Create(
                    CultureInfo.InvariantCulture, $"The modification time of {newest.Path} is {-age.TotalSeconds:F0} s in the future."),
                "Synchronize the clocks of this machine and of the volume's server; otherwise timestamps are wrong.");
        }

        if (age > StaleAge && !await IsGrowingAsync(newest, cancellationToken))
        {
            yield return Finding.Warning(
                Subject,
                string.Create(
                    CultureInfo.InvariantCulture, $"{newest.Path} is not growing: last written {age.TotalMinutes:F0} minutes ago."),
                "If the application is active, it writes elsewhere: check its log path, and whether it still writes to a renamed file.");
        }
    }

    private static List<(string Path, FileStat Stat)> FindFiles(LogPattern pattern)
    {
        var found = new List<(string, FileStat)>();

        try
        {
            foreach (var path in pattern.IsGlob ? Directory.EnumerateFiles(pattern.Directory) : [pattern.Text])
            {
                if (pattern.MatchesName(Path.GetFileName(path)) && FileStat.TryReadPath(path, out var stat) && !stat.IsDirectory)
                {
                    found.Add((path, stat));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // FileDiagnosis determines the cause.
        }

        return found;
    }

    private static (string What, string Remedy)? FindReadError(string path)
    {
        try
        {
            using var handle = LogFile.OpenShared(path);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return FileDiagnosis.ExplainUnreadableFile(path, exception);
        }
    }

    private async Task<bool> IsGrowingAsync((string Path, FileStat Stat) file, CancellationToken cancellationToken)
    {
        await Task.Delay(GrowthWait, time, cancellationToken);
        return FileStat.TryReadPath(file.Path, out var stat) && stat.Size != file.Stat.Size;
    }
}
