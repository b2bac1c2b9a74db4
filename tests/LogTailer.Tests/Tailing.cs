using System.Diagnostics.Metrics;
using LogTailer.Checkpoint;
using LogTailer.Flow;
using LogTailer.Follow;
using LogTailer.Sinks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogTailer.Tests;

/// <summary>A whole pipeline in this process, from real files into a sink that keeps what it gets.</summary>
internal sealed class Tailing : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly CheckpointWriter _checkpoint;
    private readonly Pipeline _pipeline;
    private readonly CancellationTokenSource _finish = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly CancellationTokenSource _writing = new();
    private readonly Task _running;
    private readonly Task _checkpointing;
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _counts = [];
    private bool _stopped;

    private Tailing(string path, Action<TailOptions>? configure, Func<Problems, ISink>? createSink, SinkOptions? sinkOptions, string? checkpointPath)
    {
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new TailerMetrics(_services.GetRequiredService<IMeterFactory>());
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, metrics.Meter))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            lock (_counts)
            {
                foreach (var name in tags.ToArray().Select(tag => $"{instrument.Name}{{{tag.Value}}}").Prepend(instrument.Name))
                {
                    _counts[name] = _counts.GetValueOrDefault(name) + value;
                }
            }
        });
        _listener.Start();
        Problems = new Problems(TimeProvider.System, NullLogger<Problems>.Instance);
        var options = new LogTailerOptions { LogFile = path };
        options.Tail.RotateWait = TimeSpan.FromMilliseconds(500);
        options.Tail.PollInterval = TimeSpan.FromMilliseconds(100);
        options.Checkpoint.Path = checkpointPath ?? "";
        configure?.Invoke(options.Tail);
        CheckpointPath = options.CheckpointPath;
        _checkpoint = new CheckpointWriter(
            new CheckpointFile(options.CheckpointPath, TimeProvider.System, NullLogger<CheckpointFile>.Instance), options.Checkpoint, metrics, Problems, TimeProvider.System);
        _pipeline = new Pipeline(
            "default", null, path.Length == 0 ? null : new LogPattern(path), options.Tail, sinkOptions ?? options.Sink, createSink?.Invoke(Problems) ?? Sink, _checkpoint, metrics, Problems, TimeProvider.System, NullLogger<Follower>.Instance);
        _checkpointing = _checkpoint.RunAsync(_writing.Token);
        _running = Task.Run(() => _pipeline.RunAsync(_finish.Token, _abort.Token));
    }

    public CollectingSink Sink { get; } = new();

    public Problems Problems { get; }

    public string CheckpointPath { get; }

    public IReadOnlyList<FollowedFile> Files => _pipeline.Follower.Files;

    public string? WaitingFor => _pipeline.Follower.WaitingFor;

    public long Lag => _pipeline.Lag;

    public Pipeline Pipeline => _pipeline;

    public static Tailing Start(string path, Action<TailOptions>? configure = null, SinkOptions? sinkOptions = null, Func<Problems, ISink>? createSink = null, string? checkpointPath = null)
        => new(path, configure, createSink, sinkOptions, checkpointPath);

    public long Counted(string metric)
    {
        lock (_counts)
        {
            return _counts.GetValueOrDefault(metric);
        }
    }

    public async Task Delivers(params string[] lines)
    {
        await Eventually.HoldsAsync(
            () => Sink.Count >= lines.Length || _running.IsFaulted,
            () => $"Only {Sink.Count} of {lines.Length} lines: {string.Join(" | ", Sink.Lines.TakeLast(10))}; waiting for {WaitingFor}; problems: {string.Join(" ", Problems.Open)}");
        Assert.Equal(lines, Sink.Lines);
    }

    /// <summary>Everything that is read so far has also been acknowledged.</summary>
    public Task IsSettled() => Eventually.HoldsAsync(() => Files.Count > 0 && Files.All(file => file.Settled && file.ReadOffset > 0), () => "Not all is acknowledged.");

    /// <summary>Waits until the follower has taken at least two more looks.</summary>
    public Task LooksAgain() => Eventually.HoldsAsync(LookCounter(), () => "The follower does not look any more.");

    /// <summary>As at SIGTERM.</summary>
    public async Task StopAsync()
    {
        if (!_stopped)
        {
            _stopped = true;
            await _finish.CancelAsync();
            await _running.WaitAsync(Eventually.Deadline);
            await EndAsync();
            Assert.True(_checkpoint.TrySave());
        }
    }

    /// <summary>As at SIGTERM with no grace left.</summary>
    public async Task AbortAsync()
    {
        _stopped = true;
        await _finish.CancelAsync();
        await _abort.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running.WaitAsync(Eventually.Deadline));
        await EndAsync();
        Assert.True(_checkpoint.TrySave());
    }

    /// <summary>Runs to its own end, as with <c>Tail:UntilEnd</c>.</summary>
    public async Task EndsByItself()
    {
        await _running.WaitAsync(Eventually.Deadline);
        await StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _finish.CancelAsync();
        await _abort.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        await EndAsync();
        await _pipeline.DisposeAsync();
        _checkpoint.Dispose();
        _listener.Dispose();
        await _services.DisposeAsync();
        _finish.Dispose();
        _abort.Dispose();
        _writing.Dispose();
    }

    private Func<bool> LookCounter()
    {
        var began = ((Follower)_pipeline.Follower).Looks;
        return () => ((Follower)_pipeline.Follower).Looks >= began + 2;
    }

    private async Task EndAsync()
    {
        await _writing.CancelAsync();
        await _checkpointing.ContinueWith(_ => { }, TaskScheduler.Default);
    }
}
