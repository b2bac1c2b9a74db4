using System.Net;
using System.Runtime.CompilerServices;
using LogTailer.Files;
using LogTailer.Network;
using LogTailer.Pipelines;
using LogTailer.Sinks;
using LogTailer.Sinks.Http;
using LogTailer.Transform;

namespace LogTailer.Diagnostics;

/// <summary>
/// Checks whether each sink would accept lines. A store receives an empty batch over the same connection as a real one: address, TLS,
/// credentials and tenant are tested, and nothing is written.
/// </summary>
/// <param name="sinks">The sinks, by the subject of their findings.</param>
/// <param name="time">The clock.</param>
internal sealed class SinkCheck(IReadOnlyDictionary<string, SinkOptions> sinks, TimeProvider time) : ICheck
{
    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (subject, sink) in sinks)
        {
            if (sink.Type == SinkType.File)
            {
                yield return CheckFile(subject, sink.Path);
            }
            else if (sink.IsHttp)
            {
                await foreach (var finding in CheckStoreAsync(subject, sink, cancellationToken))
                {
                    yield return finding;
                }
            }
        }
    }

    private static Finding CheckFile(string subject, string path)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;

        // The sink creates missing directories, so the nearest existing one must be writable.
        while (!Directory.Exists(directory) && Path.GetDirectoryName(directory) is { } parent)
        {
            directory = parent;
        }

        try
        {
            if (Path.Exists(path))
            {
                using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            }
            else
            {
                var probe = Path.Combine(directory, $".log-tailer-check-{Environment.ProcessId}");
                File.WriteAllBytes(probe, []);
                File.Delete(probe);
            }

            return Finding.Ok(subject, $"{path} is writable.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Finding.Failure(
                subject,
                $"{path} cannot be written by {FileDiagnosis.DescribeUser()}: {exception.Message}{FileDiagnosis.DescribeAccess(directory)}",
                "Mount the volume writable for this container's user, or correct Sink:Path.");
        }
    }

    private async IAsyncEnumerable<Finding> CheckStoreAsync(
        string subject, SinkOptions sink, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var format = SinkFactory.CreateFormat(sink);
        using var sender = new HttpSender(sink, format, time);
        var emptyBatch = new LineBatch(sink.BatchBytes, sink.BatchLines, format.RequiresText, new TransformSlot(null));
        var result = await sender.SendLinesAsync(emptyBatch, [], cancellationToken);

        // Some stores reject an empty batch, but they check the credentials before.
        if (result.Outcome is SendOutcome.Retry)
        {
            yield return Finding.Failure(subject, result.Reason, result.Remedy);
        }
        else
        {
            var compression = result.Outcome is SendOutcome.CompressionRejected
                ? "; batches are sent uncompressed, because it does not accept gzip"
                : "";
            yield return Finding.Ok(subject, $"{sender.Url} responds and accepts the credentials{compression}.");

            if (await FindMissingIndexAsync(sender, format, cancellationToken) is { } missing)
            {
                yield return Finding.Warning(subject, missing.What, missing.Remedy);
            }
        }

        if (ClockSkew.DescribeSkew(sender.ClockSkew, sender.Url) is { } description)
        {
            yield return Finding.Warning("clock", description, ClockSkew.Remedy);
        }
    }

    private static async Task<(string What, string Remedy)?> FindMissingIndexAsync(
        HttpSender sender, IWireFormat format, CancellationToken cancellationToken)
    {
        // Any other status proves nothing: the credentials may allow writing to the index without reading its metadata.
        return format.GetIndexUrl(sender.Url) is { } url && await sender.ProbeUrlAsync(url, cancellationToken) == HttpStatusCode.NotFound
            ? (
                $"There is no index or data stream at {url} (404).",
                "Correct Sink:Index. If it is correct, the first line creates it, provided that the index templates or "
                + "action.auto_create_index allow it.")
            : null;
    }
}
