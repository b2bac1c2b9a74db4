using LogTailer.Transform;

namespace LogTailer;

/// <summary>Applies the sections <c>Enrich</c>, <c>Filter</c> and <c>Redact</c> of a reloaded configuration.</summary>
internal sealed class TransformReload(SinkTransforms transforms) : IReloadParticipant<LogTailerOptions>
{
    private static readonly string[] ReloadedSections = ["Enrich", "Filter", "Redact"];

    public IReadOnlyCollection<string> Keys => ReloadedSections;

    public ValueTask<Action> PrepareAsync(LogTailerOptions next, CancellationToken cancellationToken)
        => new(transforms.PrepareReload(next.Enrich, next.Filter, next.Redact));
}
