using System.Text.Json.Nodes;
using System.Threading.Channels;
using LogTailer.Diagnosis;
using LogTailer.Flow;
using LogTailer.Transform;

namespace LogTailer.Sinks.Http;

/// <summary>
/// Gathers lines into batches and sends one batch at a time, so that order is kept: tried again until it has arrived, halved
/// where the store refuses it, and acknowledged when every line is either there or in the dead-letter file.
/// </summary>
internal sealed partial class HttpSink : ISink
{
    private readonly string _name;
    private readonly SinkOptions _options;
    private readonly HttpSender _sender;
    private readonly DeadLetters _deadLetters;
    private readonly Problems _problems;
    private readonly TimeProvider _time;
    private readonly ILogger<HttpSink> _logger;
    private readonly LineBatch _batch;
    private readonly Backoff _backoff;
    private readonly string _area;
    private readonly string _clockArea;
    private string? _retryingBecause;
    private string? _lastDeadLetter;
    private long _attempts;

    public HttpSink(string name, SinkOptions options, IWireFormat format, TransformSlot transform, DeadLetters deadLetters, Problems problems, TimeProvider time, ILogger<HttpSink> logger)
    {
        (_name, _options, _deadLetters, _problems, _time, _logger) = (name, options, deadLetters, problems, time, logger);
        _sender = new HttpSender(options, format, time);
        _batch = new LineBatch(options.BatchBytes, Math.Min(options.BatchLines, format.MaxLines), format.NeedsText, transform);
        _backoff = new Backoff(options.RetryFrom, options.RetryUpTo, Random.Shared);
        _area = $"sink {name}";
        _clockArea = $"clock of sink {name}";
    }

    public async Task RunAsync(ChannelReader<Block> blocks, Delivery delivery, CancellationToken abort)
    {
        while (await blocks.WaitToReadAsync(abort))
        {
            var began = _time.GetTimestamp();

            while (!_batch.IsFull && (blocks.TryRead(out var block) || await MoreComesAsync(blocks, began, abort)))
            {
                for (var position = 0; block is not null;)
                {
                    position = _batch.Take(block, position);

                    if (position == block.Length)
                    {
                        delivery.Release(block);
                        block = null;
                    }
                    else
                    {
                        await DeliverAsync(delivery, abort);
                        began = _time.GetTimestamp();
                    }
                }
            }

            await DeliverAsync(delivery, abort);
        }
    }

    public JsonObject DescribeStatus() => new()
    {
        ["type"] = _options.Type.ToString().ToLowerInvariant(),
        ["target"] = _sender.Url.ToString(),
        ["retrying_because"] = Volatile.Read(ref _retryingBecause),
        ["attempts_in_vain"] = Interlocked.Read(ref _attempts),
        ["clock_skew_seconds"] = _sender.ClockSkew is { } skew ? Math.Round(skew.TotalSeconds, 1) : null,
        ["dead_letters"] = _deadLetters.Path,
        ["last_dead_letter_because"] = Volatile.Read(ref _lastDeadLetter),
    };

    public ValueTask DisposeAsync()
    {
        _sender.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Waits for the next block, for as long as the batch may wait.</summary>
    private async ValueTask<bool> MoreComesAsync(ChannelReader<Block> blocks, long began, CancellationToken abort)
    {
        var left = _options.BatchWait - _time.GetElapsedTime(began);

        if (left <= TimeSpan.Zero)
        {
            return false;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(abort);
        patience.CancelAfter(left);

        try
        {
            return await blocks.WaitToReadAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!abort.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Brings the batch to its end, and acknowledges it.</summary>
    private async Task DeliverAsync(Delivery delivery, CancellationToken abort)
    {
        if (_batch.Count > 0)
        {
            await DeliverAsync([.. Enumerable.Range(0, _batch.Count)], delivery.Metrics, abort);
        }

        delivery.Metrics.Filtered(_batch.Filtered);

        foreach (var receipt in _batch.Receipts)
        {
            delivery.Acknowledge(receipt);
        }

        _batch.Clear();
        YoungGarbage.Collect();
    }

    private async Task DeliverAsync(int[] lines, SinkMetrics metrics, CancellationToken abort)
    {
        var firstTried = _time.GetTimestamp();

        while (lines.Length > 0)
        {
            var began = _time.GetTimestamp();
            var verdict = await _sender.SendAsync(_batch, lines, abort);
            var duration = _time.GetElapsedTime(began);
            TellClockSkew();

            switch (verdict.Outcome)
            {
                case Outcome.Uncompressed:
                    Log.Uncompressed(_logger, _sender.Url);
                    break;

                case Outcome.Accepted when verdict.Again.Count == 0:
                    metrics.BatchDone(verdict.Dead.Count == 0 ? "ok" : "partial", duration);
                    await BuryAsync(verdict.Dead, metrics, abort);
                    metrics.DeadLettered(verdict.Rejected);
                    Works();

                    if (verdict.Rejected > 0)
                    {
                        Log.Rejected(_logger, verdict.Reason);
                    }

                    return;

                case Outcome.Refused when lines.Length > 1:
                    metrics.BatchDone("halved", duration);
                    await DeliverAsync(lines[..(lines.Length / 2)], metrics, abort);
                    await DeliverAsync(lines[(lines.Length / 2)..], metrics, abort);
                    return;

                case Outcome.Refused:
                    metrics.BatchDone("refused", duration);
                    await BuryAsync([(lines[0], verdict.Reason)], metrics, abort);
                    return;

                case Outcome.Retry when IsTooOld(firstTried):
                    metrics.BatchDone("given_up", duration);
                    await BuryAsync([.. lines.Select(line => (line, $"Given up after Sink:MaxAge. {verdict.Reason}"))], metrics, abort);
                    return;

                default:
                    await BuryAsync(verdict.Dead, metrics, abort);
                    lines = verdict.Again.Count > 0 ? [.. verdict.Again] : lines;
                    metrics.BatchDone(verdict.Again.Count > 0 ? "partial" : "retried", duration);
                    await WaitAsync(verdict, metrics, abort);
                    break;
            }
        }
    }

    private bool IsTooOld(long firstTried) => _options.MaxAge > TimeSpan.Zero && _time.GetElapsedTime(firstTried) >= _options.MaxAge;

    private async Task WaitAsync(Verdict verdict, SinkMetrics metrics, CancellationToken abort)
    {
        metrics.Retried(verdict.Label);
        Interlocked.Increment(ref _attempts);
        Volatile.Write(ref _retryingBecause, verdict.Reason);
        _problems.Report(_area, verdict.Reason, verdict.Remedy, verdict.Cause);
        await Task.Delay(_backoff.Next(verdict.RetryAfter), _time, abort);
    }

    private void TellClockSkew()
    {
        if (ClockSkew.Of(_sender.ClockSkew, _sender.Url) is { } differs)
        {
            _problems.Report(_clockArea, differs, ClockSkew.Remedy);
        }
        else
        {
            _problems.Clear(_clockArea);
        }
    }

    private void Works()
    {
        if (_retryingBecause is not null)
        {
            Volatile.Write(ref _retryingBecause, null);
            Interlocked.Exchange(ref _attempts, 0);
            _problems.Clear(_area);
        }

        _backoff.Reset();
    }

    /// <summary>Writes refused lines to the dead-letter file. While that fails nothing goes on: a line must not vanish.</summary>
    private async Task BuryAsync(IReadOnlyList<(int Line, string Reason)> dead, SinkMetrics metrics, CancellationToken abort)
    {
        for (var i = 0; i < dead.Count;)
        {
            try
            {
                _deadLetters.Write(_name, _batch, dead[i].Line, dead[i].Reason);
                metrics.DeadLettered(1);
                Volatile.Write(ref _lastDeadLetter, dead[i].Reason);
                Log.DeadLetter(_logger, _batch.Source(dead[i].Line).File.Path, _batch.Source(dead[i].Line).Offset, dead[i].Reason, _deadLetters.Path);
                i++;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _problems.Report(_area, $"A line was refused, and the dead-letter file {_deadLetters.Path} cannot be written.", "Make its directory writable, or set DeadLetters:Path.", exception);
                Volatile.Write(ref _retryingBecause, "The dead-letter file cannot be written.");
                await Task.Delay(_backoff.Next(null), _time, abort);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(140, LogLevel.Warning, "The line at byte {Offset} of {Path} was refused for good and is kept in {DeadLetters}: {Reason}")]
        public static partial void DeadLetter(ILogger logger, string path, long offset, string reason, string deadLetters);

        [LoggerMessage(142, LogLevel.Error, "{Reason}")]
        public static partial void Rejected(ILogger logger, string reason);

        [LoggerMessage(141, LogLevel.Information, "{Url} does not take gzip (415): batches go plain from now on")]
        public static partial void Uncompressed(ILogger logger, Uri url);
    }
}
