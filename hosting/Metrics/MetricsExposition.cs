using System.Diagnostics.Metrics;
using Microsoft.Net.Http.Headers;
using OpenTelemetry.Metrics;
using OpenTelemetry;

namespace Hosting.Metrics;

/// <summary>
/// What the process's meters measure, as Prometheus reads it: text 0.0.4, or OpenMetrics 1.0.0 when the
/// request prefers it. The OpenTelemetry SDK does the measuring, <see cref="ExpositionWriter"/> the writing.
/// </summary>
public sealed class MetricsExposition : IDisposable
{
    /// <summary>Series of one instrument. The SDK sets memory aside for all of them at once, and its default of 2000 takes 5 MB for the usual instruments.</summary>
    private const int MaxSeries = 500;

    /// <summary>Kestrel's input and output buffers, new in .NET 10: measured several times a request, which costs more than it tells.</summary>
    private const string BufferPool = "Microsoft.AspNetCore.MemoryPool";

    private readonly Collector _collector = new();
    private readonly BaseExportingMetricReader _reader;
    private readonly MeterProvider _provider;
    private readonly Lock _one = new();

    /// <summary>Begins to collect all meters of this application, and the ones that belong to none (the runtime's own).</summary>
    public MetricsExposition(IMeterFactory meters)
    {
        _reader = new BaseExportingMetricReader(_collector);
        _provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter("*")
            // Two applications in one process, as in tests, must not count each other's work.
            .AddView(instrument => (instrument.Meter.Scope is IMeterFactory other && other != meters) || instrument.Meter.Name == BufferPool
                ? MetricStreamConfiguration.Drop
                : new MetricStreamConfiguration { CardinalityLimit = MaxSeries })
            .AddReader(_reader)
            .Build();
    }

    /// <summary>The exposition as of now.</summary>
    /// <param name="openMetrics">OpenMetrics 1.0.0 instead of text 0.0.4.</param>
    public byte[] Collect(bool openMetrics)
    {
        lock (_one)
        {
            _collector.OpenMetrics = openMetrics;
            _collector.Collect!(Timeout.Infinite);
            return _collector.Exposition;
        }
    }

    /// <summary>Answers a scrape.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var openMetrics = PrefersOpenMetrics(context.Request);
        var body = Collect(openMetrics);
        context.Response.ContentType = openMetrics
            ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
            : "text/plain; version=0.0.4; charset=utf-8";
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _provider.Dispose();
        _reader.Dispose();
        _collector.Dispose();
    }

    internal static bool PrefersOpenMetrics(HttpRequest request)
    {
        double openMetrics = 0, text = 0;
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
        {
            return false;
        }

        foreach (var range in accepted)
        {
            var quality = range.Quality ?? 1;
            var version = range.Parameters.FirstOrDefault(p => p.Name == "version")?.Value;
            switch (range.MediaType.Value)
            {
                case "application/openmetrics-text" when version is not { HasValue: true } v || v == "1.0.0":
                    openMetrics = Math.Max(openMetrics, quality);
                    break;
                case "text/plain":
                    text = Math.Max(text, quality);
                    break;
            }
        }

        return openMetrics > 0 && openMetrics >= text;
    }

    [ExportModes(ExportModes.Pull)]
    private sealed class Collector : BaseExporter<Metric>, IPullMetricExporter
    {
        public bool OpenMetrics { get; set; }

        public byte[] Exposition { get; private set; } = [];

        public Func<int, bool>? Collect { get; set; }

        public override ExportResult Export(in Batch<Metric> batch)
        {
            var writer = new ExpositionWriter(OpenMetrics);
            foreach (var metric in batch)
            {
                writer.Add(metric);
            }

            Exposition = writer.Finish();
            return ExportResult.Success;
        }
    }
}
