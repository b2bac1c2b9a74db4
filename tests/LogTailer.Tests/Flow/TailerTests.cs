using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using LogTailer.Checkpoint;
using LogTailer.Flow;
using LogTailer.Follow;
using LogTailer.Sinks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogTailer.Tests.Flow;

/// <summary>Several pipelines in one process.</summary>
public sealed class TailerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_pipeline_that_breaks_ends_the_others_and_is_told()
    {
        _directory.Append("app.log", "1\n");
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new TailerMetrics(services.GetRequiredService<IMeterFactory>());
        var options = new LogTailerOptions { LogFile = _directory["app.log"] };
        var problems = new Problems(TimeProvider.System, NullLogger<Problems>.Instance);
        using var checkpoint = new CheckpointWriter(
            new CheckpointFile(options.CheckpointPath, TimeProvider.System, NullLogger<CheckpointFile>.Instance), options.Checkpoint, metrics, problems, TimeProvider.System);
        await using var pipelines = new PipelineSet([Create("works", new CollectingSink()), Create("breaks", new BreakingSink())]);
        var application = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        using var tailer = new Tailer(
            pipelines, checkpoint, options, metrics, application, new Liveness(NullLogger<Liveness>.Instance), TimeProvider.System, NullLogger<Tailer>.Instance);

        await tailer.StartAsync(CancellationToken.None);

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => tailer.ExecuteTask!.WaitAsync(Eventually.Deadline));
        Assert.Equal("It breaks.", fault.Message);

        Pipeline Create(string name, ISink sink) => new(
            name, name, new LogPattern(options.LogFile), options.Tail, new SinkOptions(), sink, checkpoint, metrics, problems, TimeProvider.System, NullLogger<Follower>.Instance);
    }

    private sealed class BreakingSink : ISink
    {
        public async Task RunAsync(ChannelReader<Block> blocks, Delivery delivery, CancellationToken abort)
        {
            await blocks.WaitToReadAsync(abort);
            throw new InvalidOperationException("It breaks.");
        }

        public JsonObject DescribeStatus() => [];

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
