namespace Lab.Objects;

internal sealed record SleepAction
{
    public long Seconds { get; init; }
}
