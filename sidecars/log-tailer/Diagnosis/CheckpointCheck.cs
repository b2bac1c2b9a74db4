using System.Runtime.CompilerServices;
using LogTailer.Follow;

namespace LogTailer.Diagnosis;

/// <summary>Whether positions can be kept over a restart.</summary>
internal sealed class CheckpointCheck(LogTailerOptions options) : ICheck
{
    private const string Subject = "checkpoint";

    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        var path = options.CheckpointPath;
        var directory = Path.GetDirectoryName(path)!;
        var existing = Directory.Exists(directory) ? directory : Path.GetDirectoryName(directory) ?? directory;

        yield return WhyNotWritable(existing) is { } why
            ? Finding.Failure(
                Subject,
                $"{path} cannot be written by {FileDiagnosis.Self()}: {why}{(Directory.Exists(existing) ? FileDiagnosis.Access(existing) : "")}",
                "Without it a restart ships everything again. Mount the log's volume writable, or set Checkpoint:Path to a writable volume that outlives the container.")
            : Finding.Ok(Subject, File.Exists(path) ? $"{path} is there and its directory writable." : $"{path} can be written; it is not there yet, so this would be a first start.");
    }

    private static string? WhyNotWritable(string directory)
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
