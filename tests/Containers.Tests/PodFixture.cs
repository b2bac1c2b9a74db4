using Containers.Tests;

namespace EndToEnd;

/// <summary>The Pod of docker-compose.yml for the tests that use it; none where there is no Docker, and they are skipped.</summary>
public sealed class PodFixture : IAsyncLifetime
{
    public IPod Pod => Compose;

    internal ComposePod Compose { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (Docker.Missing is null)
        {
            Compose = await ComposePod.SharedAsync();
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
