namespace EndToEnd;

/// <summary>Sends one request after the other until disposal, whatever the responses are.</summary>
internal sealed class BackgroundRequests : IAsyncDisposable
{
    private readonly Task _loop;
    private volatile bool _isStopping;

    /// <summary>Starts to send.</summary>
    /// <param name="sendAsync">Sends one request.</param>
    /// <param name="interval">The pause between two requests.</param>
    public BackgroundRequests(Func<Task<HttpResponseMessage>> sendAsync, TimeSpan interval) =>
        _loop = SendRepeatedlyAsync(sendAsync, interval);

    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        await _loop;
    }

    private async Task SendRepeatedlyAsync(Func<Task<HttpResponseMessage>> sendAsync, TimeSpan interval)
    {
        using var timer = new PeriodicTimer(interval);
        while (!_isStopping)
        {
            try
            {
                (await sendAsync()).Dispose();
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                // The test has stopped or paused the server.
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
