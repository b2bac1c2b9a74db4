using System.Text;
using LogTailer.Checkpoint;
using LogTailer.Files;
using LogTailer.Follow;
using LogTailer.Metrics;
using LogTailer.Pipelines;
using LogTailer.Sinks;
using LogTailer.Sinks.Http;
using LogTailer.Transform;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;

namespace LogTailer.Tests;

/// <summary>A complete pipeline in this process, from real files to a sink that collects the lines.</summary>
internal sealed class Tailing : IAsyncDisposable
{
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly CheckpointWriter _checkpoint;
    private readonly CancellationTokenSource _finish = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly CancellationTokenSource _stopWriting = new();
    private readonly Task _running;
    private readonly Task _writing;
    private bool _isStopped;

    private Tailing(
        string path, Action<TailOptions>? configure, Func<Problems, ISink>? createSink, SinkOptions? sinkOptions, string? checkpointPath)
    {
        Problems = new Problems(TimeProvider.System, NullLogger<Problems>.Instance);
        var options = new LogTailerOptions { LogFile = path };
        options.Tail.RotateWait = TimeSpan.FromMilliseconds(500);
        options.Tail.PollInterval = TimeSpan.FromMilliseconds(100);
        options.Checkpoint.Path = checkpointPath ?? "";
        configure?.Invoke(options.Tail);
        CheckpointPath = options.CheckpointPath;
        (_checkpoint, var factory) = CreatePipelineFactory(options, _registry, Problems, hasSinkLabel: false);
        Pipeline = factory.CreatePipeline("default", sinkOptions ?? options.Sink, createSink?.Invoke(Problems) ?? Sink);
        _writing = _checkpoint.WriteCheckpointsAsync(_stopWriting.Token);
        _running = Task.Run(() => Pipeline.RunPipelineAsync(_finish.Token, _abort.Token));
    }

    public CollectingSink Sink { get; } = new();

    public Problems Problems { get; }

    public string CheckpointPath { get; }

    public Pipeline Pipeline { get; }

    public IReadOnlyList<FollowedFile> Files => Pipeline.Follower.Files;

    public string? WaitingFor => Pipeline.Follower.WaitingFor;

    public long Lag => Pipeline.Lag;

    public static Tailing Start(
        string path,
        Action<TailOptions>? configure = null,
        SinkOptions? sinkOptions = null,
        Func<Problems, ISink>? createSink = null,
        string? checkpointPath = null)
        => new(path, configure, createSink, sinkOptions, checkpointPath);

    /// <summary>Creates the factory of pipelines as the program does, with the checkpoint that they share.</summary>
    public static (CheckpointWriter Checkpoint, PipelineFactory Factory) CreatePipelineFactory(
        LogTailerOptions options, CollectorRegistry registry, Problems problems, bool hasSinkLabel)
    {
        var time = TimeProvider.System;
        var metrics = new TailerMetrics(Prometheus.Metrics.WithCustomRegistry(registry), registry, hasSinkLabel);
        var file = new CheckpointFile(options.CheckpointPath, time, NullLogger<CheckpointFile>.Instance);
        var checkpoint = new CheckpointWriter(file, options.Checkpoint, metrics, problems, time);
        var followers = new FollowerFactory(options.LogPattern, options.Tail, checkpoint, problems, time, NullLoggerFactory.Instance);
        var sinks = new SinkFactory(
            new SinkTransforms(options.Enrich, options.Filter, options.Redact),
            new DeadLetterFile(options.DeadLetterPath, time),
            problems,
            new Liveness(NullLogger<Liveness>.Instance),
            time,
            NullLogger<HttpSink>.Instance);
        return (checkpoint, new PipelineFactory(followers, sinks, checkpoint, metrics, problems, time));
    }

    /// <summary>The value of a counter: the sum of its series, or of those with a label value given as <c>name{value}</c>.</summary>
    public double ReadCounter(string metric)
    {
        using var stream = new MemoryStream();
        _registry.CollectAndExportAsTextAsync(stream).GetAwaiter().GetResult();
        var page = Encoding.UTF8.GetString(stream.ToArray());

        return metric.Split('{') is [var name, var label]
            ? MetricsPage.SumSeriesWithLabel(page, name, label.TrimEnd('}'))
            : MetricsPage.SumSeries(page, metric);
    }

    /// <summary>Waits until exactly these lines were delivered.</summary>
    public async Task AssertDeliveredAsync(params string[] lines)
    {
        await Eventually.AssertAsync(
            () => Sink.Count >= lines.Length || _running.IsFaulted,
            () => $"Only {Sink.Count} of {lines.Length} lines: {string.Join(" | ", Sink.Lines.TakeLast(10))}; "
                + $"waiting for {WaitingFor}; problems: {string.Join(" ", Problems.Open)}");
        Assert.Equal(lines, Sink.Lines);
    }

    /// <summary>Waits until everything that was read is acknowledged.</summary>
    public Task WaitForAcknowledgementAsync() => Eventually.AssertAsync(
        () => Files.Count > 0 && Files.All(file => file.IsFullyAcknowledged && file.ReadOffset > 0), () => "Lines are not acknowledged.");

    /// <summary>Waits until the follower has started at least two more scans.</summary>
    public Task WaitForScansAsync()
    {
        var follower = (FileFollower)Pipeline.Follower;
        var scans = follower.Scans;
        return Eventually.AssertAsync(() => follower.Scans >= scans + 2, () => "The follower does not scan.");
    }

    /// <summary>Stops as after SIGTERM.</summary>
    public async Task StopAsync()
    {
        if (!_isStopped)
        {
            _isStopped = true;
            await _finish.CancelAsync();
            await _running.WaitAsync(Eventually.Deadline);
            await StopWritingAsync();
            Assert.True(_checkpoint.TrySavePositions());
        }
    }

    /// <summary>Stops as after SIGTERM when the shutdown times out.</summary>
    public async Task AbortAsync()
    {
        _isStopped = true;
        await _finish.CancelAsync();
        await _abort.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running.WaitAsync(Eventually.Deadline));
        await StopWritingAsync();
        Assert.True(_checkpoint.TrySavePositions());
    }

    public async ValueTask DisposeAsync()
    {
        await _finish.CancelAsync();
        await _abort.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        await StopWritingAsync();
        await Pipeline.DisposeAsync();
        _checkpoint.Dispose();
        _finish.Dispose();
        _abort.Dispose();
        _stopWriting.Dispose();
    }

    private async Task StopWritingAsync()
    {
        await _stopWriting.CancelAsync();
        await _writing.ContinueWith(_ => { }, TaskScheduler.Default);
    }
}
