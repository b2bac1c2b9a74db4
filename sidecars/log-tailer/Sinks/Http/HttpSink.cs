using System.Text.Json.Nodes;
using System.Threading.Channels;
using LogTailer.Blocks;
using LogTailer.Checkpoint;
using LogTailer.Metrics;
using LogTailer.Network;
using LogTailer.Transform;

namespace LogTailer.Sinks.Http;

/// <summary>
/// Collects lines into batches and sends one batch at a time, which keeps the order. A batch is retried until it is delivered, halved when
/// the store rejects it, and acknowledged when every line is either delivered or in the dead-letter file.
/// </summary>
internal sealed partial class HttpSink : ISink
{
    private static readonly string[] StatusRetryReasons =
        ["http_401", "http_403", "http_404", "http_408", "http_429", "http_500", "http_502", "http_503", "http_504"];

    private readonly string _name;
    private readonly SinkOptions _options;
    private readonly IWireFormat _format;
    private readonly HttpSender _sender;
    private readonly DeadLetterFile _deadLetters;
    private readonly Problems _problems;
    private readonly TimeProvider _time;
    private readonly ILogger<HttpSink> _logger;
    private readonly LineBatch _batch;
    private readonly ExponentialBackoff _backoff;
    private readonly string _problemArea;
    private readonly string _clockProblemArea;
    private string? _lastError;
    private string? _lastDeadLetterReason;
    private long _failedAttempts;

    public HttpSink(
        string name,
        SinkOptions options,
        IWireFormat format,
        TransformSlot transform,
        DeadLetterFile deadLetters,
        Problems problems,
        TimeProvider time,
        ILogger<HttpSink> logger)
    {
        (_name, _options, _format, _deadLetters, _problems, _time, _logger) = (name, options, format, deadLetters, problems, time, logger);
        _sender = new HttpSender(options, format, time);
        _batch = new LineBatch(options.BatchBytes, Math.Min(options.BatchLines, format.MaxBatchLines), format.RequiresText, transform);
        _backoff = new ExponentialBackoff(options.RetryFrom, options.RetryUpTo, Random.Shared);
        _problemArea = $"sink {name}";
        _clockProblemArea = $"clock of sink {name}";
    }

    public async Task DeliverBlocksAsync(ChannelReader<Block> blocks, BlockAcknowledger acknowledger, CancellationToken abort)
    {
        acknowledger.Metrics.DeclareBatchOutcomes("ok", "partial", "halved", "refused", "given_up", "retried");
        acknowledger.Metrics.DeclareRetryReasons([.. TransportDiagnosis.Labels, .. StatusRetryReasons, .. _format.RetryReasons]);

        while (await blocks.WaitToReadAsync(abort))
        {
            var batchStartedAt = _time.GetTimestamp();

            while (!_batch.IsFull && (blocks.TryRead(out var block) || await WaitForBlockAsync(blocks, batchStartedAt, abort)))
            {
                for (var position = 0; block is not null;)
                {
                    position = _batch.AddLines(block, position);

                    if (position == block.Length)
                    {
                        acknowledger.ReleaseBlock(block);
                        block = null;
                    }
                    else
                    {
                        await DeliverBatchAsync(acknowledger, abort);
                        batchStartedAt = _time.GetTimestamp();
                    }
                }
            }

            await DeliverBatchAsync(acknowledger, abort);
        }
    }

    public JsonObject DescribeStatus() => new()
    {
        ["type"] = _options.Type.ToString().ToLowerInvariant(),
        ["target"] = _sender.Url.ToString(),
        ["last_error"] = Volatile.Read(ref _lastError),
        ["failed_attempts"] = Interlocked.Read(ref _failedAttempts),
        ["clock_skew_seconds"] = _sender.ClockSkew is { } skew ? Math.Round(skew.TotalSeconds, 1) : null,
        ["dead_letter_file"] = _deadLetters.Path,
        ["last_dead_letter_reason"] = Volatile.Read(ref _lastDeadLetterReason),
    };

    public ValueTask DisposeAsync()
    {
        _sender.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Waits for the next block, at most until the batch must be sent.</summary>
    private async ValueTask<bool> WaitForBlockAsync(ChannelReader<Block> blocks, long batchStartedAt, CancellationToken abort)
    {
        var remaining = _options.BatchWait - _time.GetElapsedTime(batchStartedAt);

        if (remaining <= TimeSpan.Zero)
        {
            return false;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(abort);
        timeout.CancelAfter(remaining);

        try
        {
            return await blocks.WaitToReadAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (!abort.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Delivers the entire batch and acknowledges it.</summary>
    private async Task DeliverBatchAsync(BlockAcknowledger acknowledger, CancellationToken abort)
    {
        if (_batch.Count > 0)
        {
            await DeliverLinesAsync([.. Enumerable.Range(0, _batch.Count)], acknowledger.Metrics, abort);
        }

        acknowledger.Metrics.CountFilteredLines(_batch.FilteredLines);

        foreach (var receipt in _batch.Receipts)
        {
            acknowledger.AcknowledgeReceipt(receipt);
        }

        _batch.ClearLines();
    }

    private async Task DeliverLinesAsync(int[] lines, SinkMetrics metrics, CancellationToken abort)
    {
        var firstAttemptAt = _time.GetTimestamp();

        while (lines.Length > 0)
        {
            var startedAt = _time.GetTimestamp();
            var result = await _sender.SendLinesAsync(_batch, lines, abort);
            var duration = _time.GetElapsedTime(startedAt);
            ReportClockSkew();

            switch (result.Outcome)
            {
                case SendOutcome.CompressionRejected:
                    Log.CompressionRejected(_logger, _sender.Url);
                    break;

                case SendOutcome.Accepted when result.RetryLines.Count == 0:
                    metrics.CountBatch(result.RejectedLines.Count == 0 ? "ok" : "partial", duration);
                    await WriteDeadLettersAsync(result.RejectedLines, metrics, abort);
                    metrics.CountDeadLetters(result.UnidentifiedRejections);
                    ReportSuccess();

                    if (result.UnidentifiedRejections > 0)
                    {
                        Log.LinesRejected(_logger, result.Reason);
                    }

                    return;

                case SendOutcome.Rejected when lines.Length > 1:
                    metrics.CountBatch("halved", duration);
                    await DeliverLinesAsync(lines[..(lines.Length / 2)], metrics, abort);
                    await DeliverLinesAsync(lines[(lines.Length / 2)..], metrics, abort);
                    return;

                case SendOutcome.Rejected:
                    metrics.CountBatch("refused", duration);
                    await WriteDeadLettersAsync([(lines[0], result.Reason)], metrics, abort);
                    return;

                case SendOutcome.Retry when IsExpired(firstAttemptAt):
                    metrics.CountBatch("given_up", duration);
                    await WriteDeadLettersAsync(
                        [.. lines.Select(line => (line, $"Sink:MaxAge exceeded. {result.Reason}"))], metrics, abort);
                    return;

                default:
                    await WriteDeadLettersAsync(result.RejectedLines, metrics, abort);
                    lines = result.RetryLines.Count > 0 ? [.. result.RetryLines] : lines;
                    metrics.CountBatch(result.RetryLines.Count > 0 ? "partial" : "retried", duration);
                    await WaitBeforeRetryAsync(result, metrics, abort);
                    break;
            }
        }
    }

    private bool IsExpired(long firstAttemptAt)
        => _options.MaxAge > TimeSpan.Zero && _time.GetElapsedTime(firstAttemptAt) >= _options.MaxAge;

    private async Task WaitBeforeRetryAsync(SendResult result, SinkMetrics metrics, CancellationToken abort)
    {
        metrics.CountRetry(result.Label);
        Interlocked.Increment(ref _failedAttempts);
        Volatile.Write(ref _lastError, result.Reason);
        _problems.Report(_problemArea, result.Reason, result.Remedy, result.Cause);
        await Task.Delay(_backoff.GetNextDelay(result.RetryAfter), _time, abort);
    }

    private void ReportClockSkew()
    {
        if (ClockSkew.DescribeSkew(_sender.ClockSkew, _sender.Url) is { } description)
        {
            _problems.Report(_clockProblemArea, description, ClockSkew.Remedy);
        }
        else
        {
            _problems.Clear(_clockProblemArea);
        }
    }

    private void ReportSuccess()
    {
        if (_lastError is not null)
        {
            Volatile.Write(ref _lastError, null);
            Interlocked.Exchange(ref _failedAttempts, 0);
            _problems.Clear(_problemArea);
        }

        _backoff.ResetFailures();
    }

    /// <summary>Writes rejected lines to the dead-letter file. Delivery stops while that fails, so that no line is lost.</summary>
    private async Task WriteDeadLettersAsync(
        IReadOnlyList<(int Line, string Reason)> rejected, SinkMetrics metrics, CancellationToken abort)
    {
        for (var i = 0; i < rejected.Count;)
        {
            var (line, reason) = rejected[i];

            try
            {
                _deadLetters.AppendLine(_name, _batch, line, reason);
                metrics.CountDeadLetters(1);
                Volatile.Write(ref _lastDeadLetterReason, reason);
                var origin = _batch.GetOrigin(line);
                Log.DeadLetterWritten(_logger, origin.File.Path, origin.Offset, reason, _deadLetters.Path);
                i++;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _problems.Report(
                    _problemArea,
                    $"The store rejected a line, and the dead-letter file {_deadLetters.Path} cannot be written.",
                    "Make its directory writable, or set DeadLetters:Path.",
                    exception);
                Volatile.Write(ref _lastError, "The dead-letter file cannot be written.");
                await Task.Delay(_backoff.GetNextDelay(null), _time, abort);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(140, LogLevel.Warning, "Dead letter: line at byte {Offset} of {Path} written to {DeadLetterFile}. {Reason}")]
        public static partial void DeadLetterWritten(ILogger logger, string path, long offset, string reason, string deadLetterFile);

        [LoggerMessage(142, LogLevel.Error, "Lines rejected: {Reason}")]
        public static partial void LinesRejected(ILogger logger, string reason);

        [LoggerMessage(141, LogLevel.Information, "Compression disabled: {Url} does not accept gzip (415)")]
        public static partial void CompressionRejected(ILogger logger, Uri url);
    }
}
