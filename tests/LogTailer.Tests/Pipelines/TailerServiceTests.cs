using System.Text.Json.Nodes;
using System.Threading.Channels;
using LogTailer.Blocks;
using LogTailer.Checkpoint;
using LogTailer.Pipelines;
using LogTailer.Sinks;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogTailer.Tests.Pipelines;

/// <summary>Several pipelines in one process.</summary>
public sealed class TailerServiceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Failing_pipeline_stops_the_others_and_its_exception_is_reported()
    {
        _directory.AppendToFile("app.log", "1\n");
        var options = new LogTailerOptions { LogFile = _directory["app.log"] };
        var problems = new Problems(TimeProvider.System, NullLogger<Problems>.Instance);
        var (checkpoint, factory) = Tailing.CreatePipelineFactory(
            options, Prometheus.Metrics.NewCustomRegistry(), problems, hasSinkLabel: true);
        using var disposedCheckpoint = checkpoint;
        await using var pipelines = new PipelineSet(
        [
            factory.CreatePipeline("works", new SinkOptions(), new CollectingSink()),
            factory.CreatePipeline("breaks", new SinkOptions(), new FailingSink()),
        ]);
        using var service = new TailerService(
            pipelines,
            checkpoint,
            options.Tail,
            new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance),
            new Liveness(NullLogger<Liveness>.Instance),
            TimeProvider.System,
            NullLogger<TailerService>.Instance);

        await service.StartAsync(CancellationToken.None);

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => service.ExecuteTask!.WaitAsync(Eventually.Deadline));
        Assert.Equal("The sink failed.", exception.Message);
    }

    private sealed class FailingSink : ISink
    {
        public async Task DeliverBlocksAsync(ChannelReader<Block> blocks, BlockAcknowledger acknowledger, CancellationToken abort)
        {
            await blocks.WaitToReadAsync(abort);
            throw new InvalidOperationException("The sink failed.");
        }

        public JsonObject DescribeStatus() => [];

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
