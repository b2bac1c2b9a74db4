namespace EndToEnd;

/// <summary>One running Pod for the tests that only send requests to it.</summary>
public sealed class PodFixture : IAsyncLifetime
{
    private RunningPod _pod = null!;

    public IPod Pod => _pod;

    public async Task InitializeAsync() => _pod = await RunningPod.StartAsync();

    public async Task DisposeAsync()
    {
        await _pod.Lab.TerminateAsync();
        await _pod.DisposeAsync();
    }
}
