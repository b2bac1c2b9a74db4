using System.Text.Json;

namespace ConfigReloader.Watching;

/// <summary>Runs a loop for each configured watch, and takes another configuration without losing what is owed.</summary>
internal sealed class WatchSet(
    WatchFactory factory, WatchStates states, ConfigReloaderOptions initial, Problems problems, TimeProvider time)
    : IHostedService, IReloadParticipant<ConfigReloaderOptions>, IReadinessCheck, IDisposable
{
    private readonly CancellationTokenSource _abort = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Running> _running = new(StringComparer.OrdinalIgnoreCase);
    private bool _stopped;

    public IReadOnlyCollection<string> Keys { get; } = ["Watches"];

    public string? NotReadyBecause =>
        states.All.Select(watch => watch.NotReadyBecause).FirstOrDefault(reason => reason is not null);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Apply(initial.Watches);
        return Task.CompletedTask;
    }

    public ValueTask<Action> PrepareAsync(ConfigReloaderOptions next, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Action>(() => Apply(next.Watches));

    /// <summary>Ends the loops; an attempt under way may end within the grace that is given.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] ends;
        lock (_lock)
        {
            _stopped = true;
            ends = [.. _running.Values.Select(running => running.DisposeAsync().AsTask())];
            _running.Clear();
        }

        await using var givenUp = cancellationToken.Register(_abort.Cancel);
        await Task.WhenAll(ends);
    }

    public void Dispose() => _abort.Dispose();

    private void Apply(Dictionary<string, WatchOptions> wanted)
    {
        lock (_lock)
        {
            if (_stopped)
            {
                return;
            }

            var ends = new Dictionary<string, Task>(StringComparer.OrdinalIgnoreCase);
            foreach (var (name, running) in _running.ToList())
            {
                // A watch whose keys are as they were goes on as if nothing had been: nothing is told twice.
                if (!wanted.TryGetValue(name, out var options) || !AreEqual(options, running.Options))
                {
                    ends[name] = EndAsync(running);
                    _running.Remove(name);
                }
            }

            foreach (var (name, options) in wanted)
            {
                if (!_running.ContainsKey(name))
                {
                    var after = ends.GetValueOrDefault(name, Task.CompletedTask);
                    _running[name] = new Running(options, factory.Create(name, options), after, problems, time, _abort.Token);
                }
            }

            states.All = [.. _running.Values.Select(running => running.Watch).OrderBy(watch => watch.Name, StringComparer.Ordinal)];
        }
    }

    private static async Task EndAsync(Running running)
    {
        await running.DisposeAsync();
        running.Watch.ClearProblems();
    }

    private static bool AreEqual(WatchOptions one, WatchOptions other) =>
        JsonSerializer.Serialize(one) == JsonSerializer.Serialize(other);

    /// <summary>A watch with its loop.</summary>
    private sealed class Running : IAsyncDisposable
    {
        private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

        private readonly CancellationTokenSource _stopping = new();
        private readonly Task _loop;

        public Running(WatchOptions options, Watch watch, Task after, Problems problems, TimeProvider time, CancellationToken abort)
        {
            (Options, Watch) = (options, watch);
            watch.WaitsForPredecessor = !after.IsCompleted;
            _loop = Task.Run(() => RunAsync(after, problems, time, abort), CancellationToken.None);
        }

        public WatchOptions Options { get; }

        public Watch Watch { get; }

        /// <summary>Ends the loop; returns when its last attempt has ended too.</summary>
        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await _loop;
            _stopping.Dispose();
        }

        /// <summary>Never faults: what no one foresaw is shown, and the watch begins anew.</summary>
        private async Task RunAsync(Task after, Problems problems, TimeProvider time, CancellationToken abort)
        {
            // The same place under other keys: its last attempt ends before the first of this one.
            await after;
            Watch.WaitsForPredecessor = false;
            while (!_stopping.IsCancellationRequested)
            {
                try
                {
                    await Watch.RunAsync(_stopping.Token, abort);
                }
                catch (OperationCanceledException) when (_stopping.IsCancellationRequested || abort.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception exception)
                {
                    problems.Report(
                        $"watch {Watch.Name}", $"the watch broke: {exception.Message}", "It begins anew in a moment. Please report this.", exception);
                    await Task.Delay(Pause, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
    }
}
