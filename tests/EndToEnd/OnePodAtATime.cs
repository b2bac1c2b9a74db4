namespace EndToEnd;

/// <summary>One collection for all tests, so they run one after the other: the Pod's ports are fixed.</summary>
[CollectionDefinition(Name)]
public sealed class OnePodAtATime
{
    public const string Name = "one pod at a time";
}
