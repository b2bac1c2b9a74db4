namespace EndToEnd;

/// <summary>One running Pod for the tests that only use it.</summary>
public sealed class PodFixture : IAsyncLifetime
{
    private RunningPod _pod = null!;

    public IPod Pod => _pod;

    public async Task InitializeAsync() => _pod = await RunningPod.StartAsync();

    public async Task DisposeAsync()
    {
        _pod.Lab.Terminate();
        await _pod.Lab.ExitAsync();
        await _pod.DisposeAsync();
    }
}
