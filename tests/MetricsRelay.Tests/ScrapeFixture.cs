using System.IO.Pipelines;
using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Scraping;
using MetricsRelay.Writing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MetricsRelay.Tests;

/// <summary>A set of targets in the process of the test.</summary>
internal sealed class ScrapeFixture : IDisposable
{
    private ScrapeFixture(MetricsRelayOptions options)
    {
        Problems = new Problems(TimeProvider.System, NullLogger<Problems>.Instance);
        var metrics = new ScrapeMetrics(Prometheus.Metrics.WithCustomRegistry(Registry));
        TargetSet = new TargetSet(options.ToScrapeConfiguration(), TimeProvider.System, metrics, Problems);
    }

    public TargetSet TargetSet { get; }

    public Problems Problems { get; }

    public Prometheus.CollectorRegistry Registry { get; } = Prometheus.Metrics.NewCustomRegistry();

    public static ScrapeFixture Create(params FakeTarget[] targets) => Create(_ => { }, targets);

    public static ScrapeFixture Create(Action<MetricsRelayOptions> configure, params FakeTarget[] targets)
    {
        var options = new MetricsRelayOptions();
        options.Scrape.Targets = [.. targets.Select(target => target.Url.ToString())];
        configure(options);
        return new ScrapeFixture(options);
    }

    public async Task<ScrapeResult> ScrapeAsync(int target = 0)
    {
        await TargetSet.Targets[target].ScrapeAsync();
        return TargetSet.Targets[target].LastResult!;
    }

    /// <summary>Writes the merged metrics of all targets.</summary>
    public async Task<string> WriteAsync(ExpositionFormat format = ExpositionFormat.Text)
    {
        var merged = TargetSet.LeaseMerged();
        using var output = new MemoryStream();
        var pipe = PipeWriter.Create(output, new StreamPipeWriterOptions(leaveOpen: true));
        await new MergedExpositionWriter(pipe, format, NameEscaping.AllowUtf8).WriteFamiliesAsync(merged.Families, CancellationToken.None);
        await pipe.CompleteAsync();
        merged.ReleaseLease();
        return Encoding.UTF8.GetString(output.ToArray());
    }

    public void Dispose() => TargetSet.Dispose();
}
