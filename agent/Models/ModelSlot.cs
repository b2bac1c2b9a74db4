namespace Agent.Models;

/// <summary>The model in force. A request takes it once and keeps it to its end, so a swap disturbs nobody.</summary>
internal sealed class ModelSlot(ITextModel initial)
{
    private volatile ITextModel _current = initial;

    public ITextModel Current => _current;

    public void Swap(ITextModel next) => _current = next;
}
