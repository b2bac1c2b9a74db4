using MetricsRelay.Forwarding;
using MetricsRelay.Queue;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;

namespace MetricsRelay.Tests.Forwarding;

/// <summary>Sending batches despite failures.</summary>
public sealed class BatchSenderTests
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly Problems _problems = new(TimeProvider.System, NullLogger<Problems>.Instance);

    [Fact]
    public async Task Unexpected_exception_is_reported_and_the_batch_is_sent_again()
    {
        var sent = 0;
        var reported = "";
        using var sender = CreateSender(new QueueOptions(), () => Interlocked.Increment(ref sent) switch
        {
            1 => throw new InvalidOperationException("a fault"),
            2 => RecordProblem(SendOutcome.Accepted),
            _ => SendOutcome.Accepted,
        });
        sender.StartSending();
        sender.EnqueueBatch([1], 1, 1, "x");
        sender.EnqueueBatch([2], 2, 1, "x");

        await Eventually.AssertAsync(() => Volatile.Read(ref sent) == 3);
        await sender.DrainAsync(CancellationToken.None);

        Assert.Contains("InvalidOperationException: a fault", reported, StringComparison.Ordinal);
        Assert.Empty(_problems.Open);

        SendOutcome RecordProblem(SendOutcome outcome)
        {
            reported = Assert.Single(_problems.Open).What;
            return outcome;
        }
    }

    [Fact]
    public async Task Batch_with_an_unreadable_file_is_dropped_and_the_next_is_sent()
    {
        using var directory = new TemporaryDirectory();
        var sent = 0;
        using var sender = CreateSender(new QueueOptions { Directory = directory.Path }, () =>
        {
            Interlocked.Increment(ref sent);
            return SendOutcome.Accepted;
        });
        sender.EnqueueBatch([1], 1, 1, "x");
        // Not even root can read a directory as a file.
        var file = Directory.GetFiles(directory.Path).Single();
        File.Delete(file);
        Directory.CreateDirectory(file);
        sender.EnqueueBatch([2], 2, 1, "x");
        sender.StartSending();

        await Eventually.AssertAsync(() => Volatile.Read(ref sent) == 1 && Directory.GetFiles(directory.Path).Length == 0);
        await sender.DrainAsync(CancellationToken.None);
    }

    private BatchSender CreateSender(QueueOptions queue, Func<SendOutcome> send) => new(
        "remote_write", new Uri("http://receiver/"), queue, "queue_bytes",
        new ForwarderContext(TimeProvider.System, _problems, Metrics.WithCustomRegistry(_registry), _registry),
        (_, _, _) => Task.FromResult(send()));
}
