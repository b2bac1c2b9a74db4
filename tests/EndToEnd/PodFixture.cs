namespace EndToEnd;

/// <summary>One running Pod for the tests that only use it.</summary>
public sealed class PodFixture : IAsyncLifetime
{
    internal RunningPod Pod { get; private set; } = null!;

    public async Task InitializeAsync() => Pod = await RunningPod.StartAsync();

    public async Task DisposeAsync()
    {
        Pod.Lab.Terminate();
        await Pod.Lab.ExitAsync();
        await Pod.DisposeAsync();
    }
}
