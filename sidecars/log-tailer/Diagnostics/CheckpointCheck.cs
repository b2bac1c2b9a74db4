using System.Runtime.CompilerServices;
using LogTailer.Files;

namespace LogTailer.Diagnostics;

/// <summary>Checks whether the positions can be stored.</summary>
internal sealed class CheckpointCheck(string checkpointPath) : ICheck
{
    private const string Subject = "checkpoint";

    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        var directory = Path.GetDirectoryName(checkpointPath)!;
        var existing = Directory.Exists(directory) ? directory : Path.GetDirectoryName(directory) ?? directory;

        if (FindWriteError(existing) is { } error)
        {
            var access = Directory.Exists(existing) ? FileDiagnosis.DescribeAccess(existing) : "";
            yield return Finding.Failure(
                Subject,
                $"{checkpointPath} cannot be written by {FileDiagnosis.DescribeUser()}: {error}{access}",
                "Without a checkpoint every restart ships all lines again. Mount the log's volume writable, or set Checkpoint:Path to a "
                + "writable volume that outlives the container.");
        }
        else
        {
            yield return Finding.Ok(
                Subject,
                File.Exists(checkpointPath)
                    ? $"{checkpointPath} exists, and its directory is writable."
                    : $"{checkpointPath} can be written. It does not exist, so the next start is the first.");
        }
    }

    private static string? FindWriteError(string directory)
    {
        var probe = Path.Combine(directory, $".log-tailer-check-{Environment.ProcessId}");

        try
        {
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }
}
