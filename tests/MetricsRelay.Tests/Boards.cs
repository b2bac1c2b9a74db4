using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Scrape;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace MetricsRelay.Tests;

/// <summary>A board of targets outside of a process.</summary>
internal sealed class Boards : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public Boards(MetricsRelayOptions options)
    {
        Problems = new Problems(TimeProvider.System, NullLogger<Problems>.Instance);
        Board = new Board(options, TimeProvider.System, new ScrapeMetrics(_services.GetRequiredService<IMeterFactory>()), Problems);
    }

    public Board Board { get; }

    public Problems Problems { get; }

    public static Boards Of(params FakeTarget[] targets) => Of(_ => { }, targets);

    public static Boards Of(Action<MetricsRelayOptions> change, params FakeTarget[] targets)
    {
        var options = new MetricsRelayOptions();
        options.Scrape.Targets = [.. targets.Select(target => target.Url.ToString())];
        change(options);
        return new Boards(options);
    }

    public async Task<ScrapeResult> ScrapeAsync(int target = 0)
    {
        await Board.Targets[target].ScrapeAsync();
        return Board.Targets[target].Last!;
    }

    public async Task<string> WriteAsync(ExpositionFormat format = ExpositionFormat.Text)
    {
        var merged = Board.Lease();
        using var output = new MemoryStream();
        var pipe = PipeWriter.Create(output, new StreamPipeWriterOptions(leaveOpen: true));
        await new ExpositionWriter(pipe, format, Escaping.AllowUtf8).WriteAsync(merged.Families, CancellationToken.None);
        await pipe.CompleteAsync();
        merged.Release();
        return Encoding.UTF8.GetString(output.ToArray());
    }

    public void Dispose()
    {
        Board.Dispose();
        _services.Dispose();
    }
}
