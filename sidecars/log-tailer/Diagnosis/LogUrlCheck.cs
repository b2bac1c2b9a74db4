using System.Runtime.CompilerServices;
using LogTailer.Follow.Remote;

namespace LogTailer.Diagnosis;

/// <summary>Whether the log that <c>Tail:Url</c> names is served.</summary>
internal sealed class LogUrlCheck(LogTailerOptions options, TimeProvider time) : ICheck
{
    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (options.Tail.Url is not { } url)
        {
            yield break;
        }

        if (options.LogFile.Length > 0)
        {
            yield return Finding.Warning(RemoteDiagnosis.Area, $"LOG_FILE is set too ({options.LogFile}), and is not followed.", "Unset one of the two: with Tail:Url the log comes from there.");
        }

        using var log = new RemoteLog(url);
        Finding finding;
        TimeSpan? skew = null;

        try
        {
            using var answer = await log.OpenAsync("end", follow: false, cancellationToken);
            skew = answer.Date - time.GetUtcNow();
            finding = answer.File is null
                ? Finding.Warning(RemoteDiagnosis.Area, $"{log.Url} answers, but names no position.", "Of an agent: it has not logged a line yet. Of another server: after an interruption the whole log is asked for again, and rotations in between are not seen.")
                : Finding.Ok(RemoteDiagnosis.Area, $"{log.Url} answers and has {answer.Offset} bytes in its newest file.");
        }
        catch (Exception exception) when (RemoteDiagnosis.IsOfTransport(exception))
        {
            var (what, remedy) = RemoteDiagnosis.Of(exception, log.Url);
            finding = Finding.Failure(RemoteDiagnosis.Area, what, remedy);
        }

        yield return finding;

        if (ClockSkew.Of(skew, log.Url) is { } differs)
        {
            yield return Finding.Warning("clock", differs, ClockSkew.Remedy);
        }
    }
}
