namespace Lab.Objects;

internal sealed record Pod
{
    public ObjectMeta Metadata { get; init; } = new();

    public PodSpec Spec { get; init; } = new();
}
