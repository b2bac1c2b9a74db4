namespace Lab.Pods;

/// <summary>What must happen before a container continues.</summary>
/// <param name="Kind">For programs.</param>
/// <param name="Text">For people; completes the sentence "waits for …".</param>
internal sealed record WaitReason(WaitKind Kind, string Text)
{
    public override string ToString() => Text;
}
