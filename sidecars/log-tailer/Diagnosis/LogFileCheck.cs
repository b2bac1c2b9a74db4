using System.Globalization;
using System.Runtime.CompilerServices;
using LogTailer.Follow;

namespace LogTailer.Diagnosis;

/// <summary>Whether the file is there, readable and growing: the first half of "2/2 READY but no logs arrive".</summary>
internal sealed class LogFileCheck(LogTailerOptions options, TimeProvider time) : ICheck
{
    private const string Subject = "log file";

    private static readonly TimeSpan Old = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (options.Tail.Url is not null)
        {
            yield break;
        }

        var pattern = new LogPattern(options.LogFile);
        var found = Find(pattern);

        if (found.Count == 0)
        {
            var (what, remedy, _) = new FileDiagnosis(pattern).WhyNothing();
            yield return Finding.Failure(Subject, what, remedy);
            yield break;
        }

        foreach (var (path, _) in found)
        {
            if (WhyUnreadable(path) is { } why)
            {
                yield return Finding.Failure(Subject, why.What, why.Remedy);
                yield break;
            }
        }

        var newest = found.MaxBy(file => file.Stat.Modified);
        yield return Finding.Ok(Subject, string.Create(CultureInfo.InvariantCulture, $"{newest.Path} is readable by {FileDiagnosis.Self()} and has {newest.Stat.Size} bytes{(found.Count > 1 ? $"; {found.Count} files match" : "")}."));

        if (!found.Any(file => file.Stat.Size > 0))
        {
            yield return Finding.Warning(Subject, $"{newest.Path} is empty.", "See that the application writes to this very path, and that its logging is on.");
            yield break;
        }

        var age = time.GetUtcNow().UtcDateTime - newest.Stat.Modified;

        if (age < TimeSpan.FromMinutes(-1))
        {
            yield return Finding.Warning("clock", $"{newest.Path} was written {-age.TotalSeconds:F0} s in the future.", "The clocks of this machine and of the volume's server differ: synchronise them, or time stamps will be wrong.");
        }

        if (age > Old && !await GrowsAsync(newest, cancellationToken))
        {
            yield return Finding.Warning(Subject, string.Create(CultureInfo.InvariantCulture, $"{newest.Path} is not growing: last written {age.TotalMinutes:F0} minutes ago."), "If the application is at work, it writes elsewhere: see its own log path, and whether it still writes to a file that was renamed.");
        }
    }

    private static List<(string Path, FileStat Stat)> Find(LogPattern pattern)
    {
        var found = new List<(string, FileStat)>();

        try
        {
            foreach (var path in pattern.IsGlob ? Directory.EnumerateFiles(pattern.Directory) : [pattern.Text])
            {
                if (pattern.Matches(Path.GetFileName(path)) && FileStat.TryRead(path, out var stat) && !stat.IsDirectory)
                {
                    found.Add((path, stat));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The diagnosis says why nothing was found.
        }

        return found;
    }

    private static (string What, string Remedy)? WhyUnreadable(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return FileDiagnosis.WhyUnreadable(path, exception);
        }
    }

    private async Task<bool> GrowsAsync((string Path, FileStat Stat) file, CancellationToken cancellationToken)
    {
        await Task.Delay(Look, time, cancellationToken);
        return FileStat.TryRead(file.Path, out var stat) && stat.Size != file.Stat.Size;
    }
}
