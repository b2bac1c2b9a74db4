namespace LogTailer.Transform;

/// <summary>The transforms of all sinks: enrich, filter, redact.</summary>
internal sealed class SinkTransforms(EnrichOptions enrich, FilterOptions filter, RedactOptions redact)
{
    private readonly List<TransformSlot> _slots = [];

    /// <summary>Adds the slot of one sink. Each sink needs its own, because a transform is not thread-safe.</summary>
    public TransformSlot AddSlot()
    {
        var slot = new TransformSlot(LineTransform.TryCreate(enrich, filter, redact));
        _slots.Add(slot);
        return slot;
    }

    /// <summary>Prepares new transforms for all sinks.</summary>
    /// <returns>The action that puts them in force for the next lines.</returns>
    public Action PrepareReload(EnrichOptions newEnrich, FilterOptions newFilter, RedactOptions newRedact)
    {
        var prepared = _slots.ConvertAll(slot => (Slot: slot, Transform: LineTransform.TryCreate(newEnrich, newFilter, newRedact)));
        return () => prepared.ForEach(p => p.Slot.Current = p.Transform);
    }
}
