using ConfigReloader.Rendering;
using ConfigReloader.Sources;
using ConfigReloader.Targets;

namespace ConfigReloader.Watching;

/// <summary>One attempt to deliver a snapshot to the target: render it, then notify. The watch decides when to attempt again.</summary>
internal sealed class SnapshotDelivery(WatchParts parts, WatchInstruments metrics, TimeProvider time)
{
    /// <summary>Renders the snapshot if the watch renders, and notifies the target if it has one.</summary>
    public async Task<AttemptResult> DeliverSnapshotAsync(SourceSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (RenderSnapshot(snapshot, out _) is { } failure)
        {
            return failure;
        }

        if (parts.Target is not { } target)
        {
            return new AttemptResult(AttemptOutcome.Delivered, "Rendered.");
        }

        var start = time.GetTimestamp();
        var result = await target.DeliverChangeAsync(cancellationToken);
        metrics.RecordAttempt(result.Outcome, time.GetElapsedTime(start));
        return result.Outcome switch
        {
            DeliveryOutcome.Delivered => new AttemptResult(AttemptOutcome.Delivered, result.Message),
            DeliveryOutcome.Unconfirmed => new AttemptResult(AttemptOutcome.Unconfirmed, result.Message, result.Message, result.Remedy),
            DeliveryOutcome.Refused => new AttemptResult(AttemptOutcome.Rejected, result.Message, result.Message, result.Remedy),
            _ => new AttemptResult(AttemptOutcome.Failed, result.Message, result.Message, result.Remedy),
        };
    }

    /// <summary>Renders the snapshot if the watch renders.</summary>
    /// <param name="snapshot">What to render.</param>
    /// <param name="changed">Whether the output changed.</param>
    /// <returns>Null if the target may be notified, otherwise why not.</returns>
    public AttemptResult? RenderSnapshot(SourceSnapshot snapshot, out bool changed)
    {
        changed = false;
        if (parts.Renderer is not { } renderer)
        {
            return null;
        }

        try
        {
            changed = renderer.RenderSnapshot(snapshot);
            metrics.RecordRender(changed ? RenderOutcome.Written : RenderOutcome.Unchanged);
            return null;
        }
        catch (UnknownVariablesException exception)
        {
            metrics.RecordRender(RenderOutcome.Refused);
            return new AttemptResult(
                AttemptOutcome.NotRendered,
                exception.Message,
                $"{parts.Source.Path} was not rendered, the old files stay in place: {exception.Message}",
                UnknownVariablesException.Remedy);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            metrics.RecordRender(RenderOutcome.Failed);
            var problem = $"{renderer.Output.Path} cannot be written, the old files stay in place: {exception.Message}";
            return new AttemptResult(
                AttemptOutcome.Failed,
                problem,
                problem,
                "Make the volume writable for the user of this container, and check that it is not full. Retrying automatically.");
        }
    }
}
