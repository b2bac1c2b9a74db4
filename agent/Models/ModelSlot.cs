namespace Agent.Models;

/// <summary>
/// The model in use. A request reads <see cref="Current"/> once and keeps that model until it completes, so a swap affects only
/// later requests.
/// </summary>
internal sealed class ModelSlot(ITextModel initial)
{
    private volatile ITextModel _current = initial;

    public ITextModel Current => _current;

    public void SwapModel(ITextModel next) => _current = next;
}
