using System.Diagnostics.Metrics;
using LogTailer.Checkpoint;

namespace LogTailer.Flow;

/// <summary>Runs the pipelines, keeps the checkpoint, and ends both in order: read to the end, deliver, write down.</summary>
internal sealed partial class Tailer(
    PipelineSet pipelines,
    CheckpointWriter checkpoint,
    LogTailerOptions options,
    TailerMetrics metrics,
    IHostApplicationLifetime application,
    Liveness liveness,
    TimeProvider time,
    ILogger<Tailer> logger) : BackgroundService
{
    /// <summary>So long the other pipelines get to end when one has broken.</summary>
    private static readonly TimeSpan EndOfTheOthers = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _abort = new();

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await using (cancellationToken.Register(_abort.Cancel))
        {
            await base.StopAsync(CancellationToken.None);
        }
    }

    public override void Dispose()
    {
        _abort.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        metrics.Meter.CreateObservableGauge("log_tailer_lag_bytes", () => Measure(p => p.Lag), null, "Bytes that stand in the files and are not acknowledged by the sink.");
        metrics.Meter.CreateObservableGauge("log_tailer_files_open", () => Measure(p => p.Follower.Files.Count(file => file.Handle is not null)), null, "Files held open.");

        using var writing = new CancellationTokenSource();
        var writer = checkpoint.RunAsync(writing.Token);

        try
        {
            var running = RunAllAsync(stoppingToken);

            if (options.Tail.UntilEnd)
            {
                await GiveUpWhenBrokenAsync(running);
            }

            await running;
        }
        catch (OperationCanceledException) when (_abort.IsCancellationRequested)
        {
            Log.GaveUp(logger, pipelines.All.Sum(pipeline => pipeline.Lag));
        }
        finally
        {
            await writing.CancelAsync();
            await writer.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            checkpoint.TrySave();
        }

        if (options.Tail.UntilEnd && !stoppingToken.IsCancellationRequested)
        {
            if (liveness.Failure is { } failure)
            {
                throw new IOException(failure);
            }

            Log.Done(logger, pipelines.All.Sum(pipeline => pipeline.Lines));
            application.StopApplication();
        }
    }

    /// <summary>Until all have ended, or one has broken: the others, which follow for ever, would hide it.</summary>
    private async Task RunAllAsync(CancellationToken finish)
    {
        var running = pipelines.All.Select(pipeline => pipeline.RunAsync(finish, _abort.Token)).ToList();

        while (running.Count > 0)
        {
            var ended = await Task.WhenAny(running);
            running.Remove(ended);

            if (ended.IsFaulted)
            {
                // Before the last checkpoint is written, so that nothing is shipped after it.
                await _abort.CancelAsync();
                await Task.WhenAny(Task.WhenAll(running), Task.Delay(EndOfTheOthers, time, CancellationToken.None));
            }

            await ended;
        }
    }

    /// <summary>Nobody probes a run that is to end by itself: what only a restart mends ends it too.</summary>
    private async Task GiveUpWhenBrokenAsync(Task running)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250), time);

        while (!running.IsCompleted && liveness.Failure is null)
        {
            await Task.WhenAny(running, timer.WaitForNextTickAsync(CancellationToken.None).AsTask());
        }

        if (!running.IsCompleted)
        {
            await _abort.CancelAsync();
        }
    }

    private IEnumerable<Measurement<long>> Measure(Func<Pipeline, long> value)
        => pipelines.All.Select(pipeline => new Measurement<long>(value(pipeline), pipeline.Metrics.Tags));

    private static partial class Log
    {
        [LoggerMessage(130, LogLevel.Warning, "Grace is spent with {Bytes} bytes not acknowledged: the checkpoint stands at the last acknowledged line, and the next start goes on from there")]
        public static partial void GaveUp(ILogger logger, long bytes);

        [LoggerMessage(131, LogLevel.Information, "All that stood there is shipped: {Lines} lines acknowledged")]
        public static partial void Done(ILogger logger, long lines);
    }
}
