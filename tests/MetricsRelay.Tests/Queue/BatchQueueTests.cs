using MetricsRelay.Queue;
using Microsoft.Extensions.Logging.Abstractions;

namespace MetricsRelay.Tests.Queue;

public sealed class BatchQueueTests
{
    private readonly Problems _problems = new(TimeProvider.System, NullLogger<Problems>.Instance);

    [Fact]
    public void Oldest_batches_are_dropped_when_the_queue_is_full()
    {
        var dropped = new List<long>();
        using var queue = new BatchQueue(new QueueOptions { MaxBytes = 10 }, _problems, batch => dropped.Add(batch.Time));
        for (var time = 1; time <= 4; time++)
        {
            queue.EnqueueBatch(new byte[4], time, samples: 1, "x");
        }

        Assert.Equal([1, 2], dropped);
        Assert.Equal((8, 2, 3), (queue.Bytes, queue.Count, queue.First!.Time));
    }

    [Fact]
    public void Batches_in_the_directory_survive_a_restart_in_order()
    {
        using var directory = new TemporaryDirectory();
        var options = new QueueOptions { Directory = directory.Path };
        using (var queue = new BatchQueue(options, _problems, _ => { }))
        {
            queue.EnqueueBatch([1], time: 10, samples: 2, "batch");
            queue.EnqueueBatch([2, 3], time: 20, samples: 4, "batch2");
        }

        File.WriteAllText(directory["000000000003-30-1.batch.tmp"], "incomplete");
        using var restarted = new BatchQueue(options, _problems, _ => { });

        Assert.Equal((3, 2), (restarted.Bytes, restarted.Count));
        Assert.Equal((10, 2, "batch"), (restarted.First!.Time, restarted.First.Samples, restarted.First.Format));
        Assert.Equal([1], restarted.ReadBatch(restarted.First)!);
        restarted.RemoveBatch(restarted.First);
        Assert.Equal(20, restarted.First!.Time);
        Assert.Single(Directory.GetFiles(directory.Path));
    }
}
