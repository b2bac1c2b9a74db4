namespace ConfigReloader.Watching;

/// <summary>A watch with the task that runs its loop.</summary>
internal sealed class RunningWatch : IAsyncDisposable
{
    private static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;

    /// <summary>Starts the loop.</summary>
    /// <param name="options">The options that the watch was created from.</param>
    /// <param name="watch">The watch to run.</param>
    /// <param name="predecessor">The last attempt of the watch that this one replaces; the loop waits for it.</param>
    /// <param name="problems">Receives unexpected failures of the loop.</param>
    /// <param name="time">The clock.</param>
    /// <param name="abort">Cancels an attempt that is under way.</param>
    public RunningWatch(
        WatchOptions options, Watch watch, Task predecessor, Problems problems, TimeProvider time, CancellationToken abort)
    {
        (Options, Watch) = (options, watch);
        watch.WaitsForPredecessor = !predecessor.IsCompleted;
        _loop = Task.Run(() => RunAsync(predecessor, problems, time, abort), CancellationToken.None);
    }

    public WatchOptions Options { get; }

    public Watch Watch { get; }

    /// <summary>Stops the loop; returns when its last attempt has finished too.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    /// <summary>Never faults: an unexpected exception is reported, and the loop restarts.</summary>
    private async Task RunAsync(Task predecessor, Problems problems, TimeProvider time, CancellationToken abort)
    {
        // Both watches have the same source: the last attempt of the old one must finish before the first of the new one.
        await predecessor;
        Watch.WaitsForPredecessor = false;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await Watch.RunLoopAsync(_stopping.Token, abort);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested || abort.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                problems.Report(
                    $"watch {Watch.Name}",
                    $"unexpected failure of the watch: {exception.Message}",
                    $"It restarts in {RestartDelay.TotalSeconds:0} s. Please report this as a bug.",
                    exception);
                await Task.Delay(RestartDelay, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
