namespace Lab.Objects;

internal sealed record EnvFromSource
{
    public string Prefix { get; init; } = "";

    public ObjectReference? ConfigMapRef { get; init; }

    public ObjectReference? SecretRef { get; init; }
}
