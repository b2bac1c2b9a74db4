using System.Text.Json;

namespace ConfigReloader.Watching;

/// <summary>Runs the loop of each configured watch, and applies a new configuration without losing pending deliveries.</summary>
internal sealed class WatchSet(
    WatchFactory factory,
    ActiveWatches active,
    IReadOnlyDictionary<string, WatchOptions> initialOptions,
    Problems problems,
    TimeProvider time)
    : IHostedService, IReadinessCheck, IDisposable
{
    private readonly CancellationTokenSource _abort = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, RunningWatch> _running = new(StringComparer.OrdinalIgnoreCase);
    private bool _stopped;

    public string? NotReadyBecause =>
        active.All.Select(watch => watch.NotReadyReason).FirstOrDefault(reason => reason is not null);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        ApplyOptions(initialOptions);
        return Task.CompletedTask;
    }

    /// <summary>Stops the loops. An attempt that is under way may finish until <paramref name="cancellationToken"/> is canceled.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] stopping;
        lock (_lock)
        {
            _stopped = true;
            stopping = [.. _running.Values.Select(running => running.DisposeAsync().AsTask())];
            _running.Clear();
        }

        await using var timedOut = cancellationToken.Register(_abort.Cancel);
        await Task.WhenAll(stopping);
    }

    /// <summary>
    /// Stops removed and changed watches and starts new ones. Unchanged watches keep running, so nothing is delivered twice.
    /// </summary>
    public void ApplyOptions(IReadOnlyDictionary<string, WatchOptions> watches)
    {
        lock (_lock)
        {
            if (_stopped)
            {
                return;
            }

            var stopping = new Dictionary<string, Task>(StringComparer.OrdinalIgnoreCase);
            foreach (var (name, running) in _running.ToList())
            {
                if (!watches.TryGetValue(name, out var options) || !AreEqual(options, running.Options))
                {
                    stopping[name] = StopWatchAsync(running);
                    _running.Remove(name);
                }
            }

            foreach (var (name, options) in watches)
            {
                if (!_running.ContainsKey(name))
                {
                    var predecessor = stopping.GetValueOrDefault(name, Task.CompletedTask);
                    var watch = factory.CreateWatch(name, options);
                    _running[name] = new RunningWatch(options, watch, predecessor, problems, time, _abort.Token);
                }
            }

            active.All = [.. _running.Values.Select(running => running.Watch).OrderBy(watch => watch.Name, StringComparer.Ordinal)];
        }
    }

    public void Dispose() => _abort.Dispose();

    private static async Task StopWatchAsync(RunningWatch running)
    {
        await running.DisposeAsync();
        running.Watch.ClearProblems();
    }

    private static bool AreEqual(WatchOptions left, WatchOptions right) =>
        JsonSerializer.Serialize(left, WatchJson.Default.WatchOptions) == JsonSerializer.Serialize(right, WatchJson.Default.WatchOptions);
}
