using LogTailer.Checkpoint;
using LogTailer.Follow;

namespace LogTailer.Pipelines;

/// <summary>
/// Runs the pipelines and the checkpoint writer, and stops them in order: read to the end, deliver, write the checkpoint.
/// </summary>
internal sealed partial class TailerService(
    PipelineSet pipelines,
    CheckpointWriter checkpoint,
    TailOptions options,
    IHostApplicationLifetime application,
    Liveness liveness,
    TimeProvider time,
    ILogger<TailerService> logger) : BackgroundService
{
    /// <summary>The time for the other pipelines to stop after one has failed.</summary>
    private static readonly TimeSpan FailureStopTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LivenessCheckInterval = TimeSpan.FromMilliseconds(250);

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
        using var stopWriting = new CancellationTokenSource();
        var writing = checkpoint.WriteCheckpointsAsync(stopWriting.Token);

        try
        {
            var running = RunPipelinesAsync(stoppingToken);

            if (options.UntilEnd)
            {
                await AbortWhenFailedAsync(running);
            }

            await running;
        }
        catch (OperationCanceledException) when (_abort.IsCancellationRequested)
        {
            Log.ShutdownTimedOut(logger, pipelines.All.Sum(pipeline => pipeline.Lag));
        }
        finally
        {
            await stopWriting.CancelAsync();
            await writing.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            checkpoint.TrySavePositions();
        }

        if (options.UntilEnd && !stoppingToken.IsCancellationRequested)
        {
            if (liveness.Failure is { } failure)
            {
                throw new IOException(failure);
            }

            Log.CaughtUp(logger, pipelines.All.Sum(pipeline => pipeline.Lines));
            application.StopApplication();
        }
    }

    /// <summary>Runs until all pipelines are done, or one has failed: the others never finish, so the failure would go unnoticed.</summary>
    private async Task RunPipelinesAsync(CancellationToken finish)
    {
        var running = pipelines.All.Select(pipeline => pipeline.RunPipelineAsync(finish, _abort.Token)).ToList();

        while (running.Count > 0)
        {
            var done = await Task.WhenAny(running);
            running.Remove(done);

            if (done.IsFaulted)
            {
                // Stop the others before the last checkpoint is written, so that no line is shipped after it.
                await _abort.CancelAsync();
                await Task.WhenAny(Task.WhenAll(running), Task.Delay(FailureStopTimeout, time, CancellationToken.None));
            }

            await done;
        }
    }

    /// <summary>
    /// With <c>Tail:UntilEnd</c> there is usually no liveness probe, so a failure that only a restart fixes ends the run.
    /// </summary>
    private async Task AbortWhenFailedAsync(Task running)
    {
        using var timer = new PeriodicTimer(LivenessCheckInterval, time);

        while (!running.IsCompleted && liveness.Failure is null)
        {
            await Task.WhenAny(running, timer.WaitForNextTickAsync(CancellationToken.None).AsTask());
        }

        if (!running.IsCompleted)
        {
            await _abort.CancelAsync();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            130,
            LogLevel.Warning,
            "Shutdown timed out with {Bytes} bytes unacknowledged; the next start continues after the last acknowledged line")]
        public static partial void ShutdownTimedOut(ILogger logger, long bytes);

        [LoggerMessage(131, LogLevel.Information, "Caught up: {Lines} lines acknowledged")]
        public static partial void CaughtUp(ILogger logger, long lines);
    }
}
