using Containers.Tests;

namespace EndToEnd;

/// <summary>The Pod of docker-compose.yml for the tests that use it; none where there is no Docker, and they are skipped.</summary>
public sealed class PodFixture : IAsyncLifetime
{
    private ComposePod? _pod;

    public IPod Pod => _pod!;

    internal ComposePod Compose => _pod!;

    public async Task InitializeAsync()
    {
        if (Docker.Missing is null)
        {
            _pod = await ComposePod.StartAsync();
        }
    }

    public async Task DisposeAsync()
    {
        if (_pod is not null)
        {
            await _pod.DisposeAsync();
        }
    }
}
