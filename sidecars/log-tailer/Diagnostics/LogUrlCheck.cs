using System.Runtime.CompilerServices;
using LogTailer.Follow.Remote;
using LogTailer.Network;

namespace LogTailer.Diagnostics;

/// <summary>Checks whether the log at <c>Tail:Url</c> is served.</summary>
internal sealed class LogUrlCheck(Uri? url, string logFile, TimeProvider time) : ICheck
{
    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (url is null)
        {
            yield break;
        }

        if (logFile.Length > 0)
        {
            yield return Finding.Warning(
                RemoteLogDiagnosis.ProblemArea,
                $"LOG_FILE ({logFile}) is ignored because Tail:Url is set.",
                "Unset one of the two. With Tail:Url the log is read over HTTP.");
        }

        using var client = new RemoteLogClient(url);
        var (finding, skew) = await RequestLogAsync(client, cancellationToken);
        yield return finding;

        if (ClockSkew.DescribeSkew(skew, client.Url) is { } description)
        {
            yield return Finding.Warning("clock", description, ClockSkew.Remedy);
        }
    }

    private async Task<(Finding Finding, TimeSpan? Skew)> RequestLogAsync(RemoteLogClient client, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.RequestLogAsync(RemotePosition.End, follow: false, cancellationToken);
            var skew = response.Date - time.GetUtcNow();

            if (response.File is not null)
            {
                var message = $"{client.Url} serves the log; its newest file has {response.Offset} bytes.";
                return (Finding.Ok(RemoteLogDiagnosis.ProblemArea, message), skew);
            }

            return (
                Finding.Warning(
                    RemoteLogDiagnosis.ProblemArea,
                    $"{client.Url} responds, but provides no position.",
                    "If it is an agent, it has not logged a line yet. With any other server, the entire log is requested again after an "
                    + "interruption, and rotations during a connection are not detected."),
                skew);
        }
        catch (Exception exception) when (RemoteLogDiagnosis.IsTransportError(exception))
        {
            var (what, remedy) = RemoteLogDiagnosis.ExplainFailure(exception, client.Url);
            return (Finding.Failure(RemoteLogDiagnosis.ProblemArea, what, remedy), null);
        }
    }
}
