using System.Net;
using System.Runtime.CompilerServices;
using LogTailer.Follow;
using LogTailer.Sinks;
using LogTailer.Sinks.Http;
using LogTailer.Transform;

namespace LogTailer.Diagnosis;

/// <summary>
/// Whether each sink would take lines: the second half of "2/2 READY but no logs arrive". A store is sent a batch of no
/// lines, with all that a real one has: address, TLS, credentials, tenant. Nothing is written by it.
/// </summary>
internal sealed class SinkCheck(LogTailerOptions options, TimeProvider time) : ICheck
{
    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (name, sink) in options.AllSinks)
        {
            var subject = options.Sinks.Count == 0 ? "sink" : $"sink {name}";

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
        // The sink makes directories that are missing, so the nearest one that is there has to be writable.
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

            return Finding.Ok(subject, $"{path} can be written.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Finding.Failure(subject, $"{path} cannot be written by {FileDiagnosis.Self()}: {exception.Message}{FileDiagnosis.Access(directory)}", "Mount the volume writable for this container's user, or correct Sink:Path.");
        }
    }

    private async IAsyncEnumerable<Finding> CheckStoreAsync(string subject, SinkOptions sink, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var format = SinkFactory.FormatOf(sink);
        using var sender = new HttpSender(sink, format, time);
        var verdict = await sender.SendAsync(new LineBatch(sink.BatchBytes, sink.BatchLines, format.NeedsText, new TransformSlot(null)), [], cancellationToken);

        // Some stores refuse a batch for having no lines; but they have looked at who asks before.
        if (verdict.Outcome is Outcome.Retry)
        {
            yield return Finding.Failure(subject, verdict.Reason, verdict.Remedy);
        }
        else
        {
            yield return Finding.Ok(subject, $"{sender.Url} answers and takes our credentials{(verdict.Outcome is Outcome.Uncompressed ? "; batches will go without gzip, which it does not take" : "")}.");

            if (await WhyNoIndexAsync(sender, format, cancellationToken) is { } why)
            {
                yield return Finding.Warning(subject, why.What, why.Remedy);
            }
        }

        if (ClockSkew.Of(sender.ClockSkew, sender.Url) is { } skew)
        {
            yield return Finding.Warning("clock", skew, ClockSkew.Remedy);
        }
    }

    private static async Task<(string What, string Remedy)?> WhyNoIndexAsync(HttpSender sender, IWireFormat format, CancellationToken cancellationToken)
    {
        // What is known of the index is a help and no more: these credentials may write there without being allowed to ask.
        return format.IndexUrl(sender.Url) is { } url && await sender.AskAsync(url, cancellationToken) == HttpStatusCode.NotFound
            ? ($"There is no index or data stream at {url} (404).", "Correct Sink:Index. If it is right, the first line makes it, where the cluster's index templates or action.auto_create_index let it.")
            : null;
    }
}
