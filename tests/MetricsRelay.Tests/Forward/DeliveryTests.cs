using System.Diagnostics.Metrics;
using MetricsRelay.Forward;
using MetricsRelay.Queue;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace MetricsRelay.Tests.Forward;

/// <summary>How batches get to a receiver, whatever happens on the way.</summary>
public sealed class DeliveryTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Problems _problems = new(TimeProvider.System, NullLogger<Problems>.Instance);

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task A_fault_of_the_sending_is_reported_and_the_batch_is_sent_again()
    {
        var sent = 0;
        var reported = "";
        using var delivery = DeliveryOf(new QueueOptions(), () => Interlocked.Increment(ref sent) switch
        {
            1 => throw new InvalidOperationException("a fault"),
            2 => Seen(SendOutcome.Accepted),
            _ => SendOutcome.Accepted,
        });
        delivery.Start();
        delivery.Add([1], 1, 1, "x");
        delivery.Add([2], 2, 1, "x");

        await Eventually.IsTrueAsync(() => Volatile.Read(ref sent) == 3);
        await delivery.StopAsync(CancellationToken.None);

        Assert.Contains("InvalidOperationException: a fault", reported, StringComparison.Ordinal);
        Assert.Empty(_problems.Open);

        SendOutcome Seen(SendOutcome outcome)
        {
            reported = Assert.Single(_problems.Open).What;
            return outcome;
        }
    }

    [Fact]
    public async Task A_batch_that_cannot_be_read_is_dropped_and_the_next_is_sent()
    {
        using var directory = new TemporaryFolder();
        var sent = 0;
        using var delivery = DeliveryOf(new QueueOptions { Directory = directory.Path }, () =>
        {
            Interlocked.Increment(ref sent);
            return SendOutcome.Accepted;
        });
        delivery.Add([1], 1, 1, "x");
        // Reading a directory is refused to everybody, root too.
        var file = Directory.GetFiles(directory.Path).Single();
        File.Delete(file);
        Directory.CreateDirectory(file);
        delivery.Add([2], 2, 1, "x");
        delivery.Start();

        await Eventually.IsTrueAsync(() => Volatile.Read(ref sent) == 1 && Directory.GetFiles(directory.Path).Length == 0);
        await delivery.StopAsync(CancellationToken.None);
    }

    private Delivery DeliveryOf(QueueOptions queue, Func<SendOutcome> send) => new(
        "remote_write", new Uri("http://receiver/"), queue, "queue_bytes",
        new ForwarderParts(TimeProvider.System, _problems, _services.GetRequiredService<IMeterFactory>()),
        (_, _, _) => Task.FromResult(send()));
}
