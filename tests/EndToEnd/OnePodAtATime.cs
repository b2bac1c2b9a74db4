namespace EndToEnd;

/// <summary>All of it in one collection, so one after the other: a Pod's ports are the manifest's, and there is one of each.</summary>
[CollectionDefinition(Name)]
public sealed class OnePodAtATime
{
    public const string Name = "one pod at a time";
}
