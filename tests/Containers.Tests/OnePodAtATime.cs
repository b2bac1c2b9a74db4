using Containers.Tests;

namespace EndToEnd;

/// <summary>All of it in one collection, so one after the other: the ports are the manifest's, and there is one of each. Compose brings the Pod up once for all.</summary>
[CollectionDefinition(Name)]
public sealed class OnePodAtATime : ICollectionFixture<OnePodAtATime.Down>
{
    public const string Name = "one pod at a time";

    /// <summary>Takes it down after the last test.</summary>
    public sealed class Down : IAsyncLifetime
    {
        public Task InitializeAsync() => Task.CompletedTask;

        public Task DisposeAsync() => ComposePod.DownAsync();
    }
}
