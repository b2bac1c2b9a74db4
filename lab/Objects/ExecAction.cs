namespace Lab.Objects;

internal sealed record ExecAction
{
    public IReadOnlyList<string> Command { get; init; } = [];
}
