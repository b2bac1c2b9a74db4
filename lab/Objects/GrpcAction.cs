namespace Lab.Objects;

internal sealed record GrpcAction
{
    public int Port { get; init; }

    public string Service { get; init; } = "";
}
