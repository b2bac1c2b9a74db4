using Containers.Tests;

namespace EndToEnd;

/// <summary>
/// One collection for all tests, so they run one after the other: the Pod's ports are fixed. Its containers start once for all.
/// </summary>
[CollectionDefinition(Name)]
public sealed class OnePodAtATime : ICollectionFixture<OnePodAtATime.PodCleanup>
{
    public const string Name = "one pod at a time";

    /// <summary>Removes the containers after the last test.</summary>
    public sealed class PodCleanup : IAsyncLifetime
    {
        public Task InitializeAsync() => Task.CompletedTask;

        public Task DisposeAsync() => ComposePod.RemoveAsync();
    }
}
