using Containers.Tests;

namespace EndToEnd;

/// <summary>The Pod of docker-compose.yml; null where Docker is missing and all tests are skipped.</summary>
public sealed class PodFixture : IAsyncLifetime
{
    public IPod Pod => Compose;

    internal ComposePod Compose { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (DockerRequirements.Missing is null)
        {
            Compose = await ComposePod.GetSharedAsync();
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
