
namespace LogTailer.Transform;

/// <summary>What all sinks do to their lines: enrich, filter, redact. A reload exchanges it for the lines that come after.</summary>
internal sealed class Transforms(LogTailerOptions options) : IReloadParticipant<LogTailerOptions>
{
    private static readonly string[] Applied = ["Enrich", "Filter", "Redact"];

    private readonly List<TransformSlot> _slots = [];

    public IReadOnlyCollection<string> Keys => Applied;

    /// <summary>A slot of a sink's own: a transform is used by one thread.</summary>
    public TransformSlot Add()
    {
        var slot = new TransformSlot(Create(options));
        _slots.Add(slot);
        return slot;
    }

    public ValueTask<Action> PrepareAsync(LogTailerOptions next, CancellationToken cancellationToken)
    {
        var prepared = _slots.ConvertAll(slot => (Slot: slot, Transform: Create(next)));
        return new ValueTask<Action>(() => prepared.ForEach(p => p.Slot.Current = p.Transform));
    }

    private static LineTransform? Create(LogTailerOptions options) => LineTransform.Create(options.Enrich, options.Filter, options.Redact);
}
