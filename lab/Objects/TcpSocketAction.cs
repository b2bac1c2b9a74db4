namespace Lab.Objects;

internal sealed record TcpSocketAction
{
    public string? Host { get; init; }

    public IntOrString Port { get; init; }
}
