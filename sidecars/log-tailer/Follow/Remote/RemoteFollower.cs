using LogTailer.Checkpoint;
using LogTailer.Files;
using LogTailer.Network;

namespace LogTailer.Follow.Remote;

/// <summary>
/// Follows a log over HTTP instead of a file: requests it, reads the response, and retries after failures. An agent provides positions
/// in its responses (<c>Log-Position</c>), one file per response, so nothing is lost or shipped twice when either side restarts.
/// </summary>
/// <remarks>Completes the queue when it is done. The server is the buffer: lines that are not read yet stay there.</remarks>
internal sealed class RemoteFollower : IFollower, IDisposable
{
    private static readonly TimeSpan InitialRetryDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(10);

    private readonly RemoteLogClient _client;
    private readonly RemoteFiles _files;
    private readonly RemoteLogReader _reader;
    private readonly TailOptions _options;
    private readonly BlockQueue _queue;
    private readonly Problems _problems;
    private readonly TimeProvider _time;
    private readonly ExponentialBackoff _backoff = new(InitialRetryDelay, MaxRetryDelay, Random.Shared);
    private string _start;
    private string? _waitingFor = "the first response";

    public RemoteFollower(
        Uri url,
        TailOptions options,
        IReadOnlyList<CheckpointedPosition>? restored,
        BlockQueue queue,
        RemoteLogEvents events,
        Problems problems,
        TimeProvider time)
    {
        (_options, _queue, _problems, _time) = (options, queue, problems, time);
        _client = new RemoteLogClient(url);
        _files = new RemoteFiles(_client.Url, restored, events, time);
        _reader = new RemoteLogReader(_files, new RemoteBlockWriter(options, queue, time), events);
        _start = options.From == TailStart.End && restored is null ? RemotePosition.End : RemotePosition.Oldest;
    }

    public IReadOnlyList<FollowedFile> Files => _files.Files;

    public string? WaitingFor => Volatile.Read(ref _waitingFor);

    public void CollectPositions(List<CheckpointedPosition> positions) => _files.CollectPositions(positions);

    public async Task FollowLogAsync(CancellationToken finish, CancellationToken abort)
    {
        string? finishedFile = null;

        try
        {
            while (true)
            {
                var follow = !finish.IsCancellationRequested && !_options.UntilEnd;
                var delay = TimeSpan.Zero;
                using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(follow ? finish : abort, abort);

                try
                {
                    var (file, hasNewBytes) = await RequestLogAsync(follow, interrupt.Token);

                    // The same file was read to its end twice, so there is no later file. The next run reads the lines written from now on.
                    if (!follow && finishedFile == (file ?? ""))
                    {
                        return;
                    }

                    finishedFile = follow ? null : file ?? "";
                    delay = hasNewBytes ? TimeSpan.Zero : _options.PollInterval;
                }
                catch (Exception exception) when (RemoteLogDiagnosis.IsTransportError(exception))
                {
                    ReportUnreachable(exception);

                    if (finish.IsCancellationRequested)
                    {
                        return;
                    }

                    delay = _backoff.GetNextDelay(null);
                }
                catch (OperationCanceledException) when (!abort.IsCancellationRequested)
                {
                    // Only following ends here. The lines that exist now are still read.
                }

                _files.RemoveFinishedFiles();
                await DelayAsync(delay, interrupt.Token);
                abort.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            _queue.CompleteQueue();
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Requests the log and reads the response to its end.</summary>
    /// <returns>The file of the response, if the server names one, and whether there was something new.</returns>
    private async Task<(string? File, bool HasNewBytes)> RequestLogAsync(bool follow, CancellationToken cancellationToken)
    {
        var from = _files.CurrentPosition ?? _start;
        using var response = await _client.RequestLogAsync(from, follow, cancellationToken);
        ReportReachable();
        var hasNewBytes = await _reader.ReadResponseAsync(response, from, cancellationToken);

        // If the log was empty at the first request, everything that arrives later is new.
        _start = RemotePosition.Oldest;
        _backoff.ResetFailures();

        if (_files.Current is null)
        {
            Volatile.Write(ref _waitingFor, $"the first line of {_client.Url}");
        }

        return (response.File, hasNewBytes);
    }

    /// <summary>Waits; cancellation ends the wait without an exception.</summary>
    private Task DelayAsync(TimeSpan delay, CancellationToken cancellationToken) => Task.Delay(delay, _time, cancellationToken)
        .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    private void ReportUnreachable(Exception exception)
    {
        var (what, remedy) = RemoteLogDiagnosis.ExplainFailure(exception, _client.Url);
        Volatile.Write(ref _waitingFor, what);
        _problems.Report(RemoteLogDiagnosis.ProblemArea, what, remedy, exception);
    }

    private void ReportReachable()
    {
        Volatile.Write(ref _waitingFor, null);
        _problems.Clear(RemoteLogDiagnosis.ProblemArea);
    }
}
