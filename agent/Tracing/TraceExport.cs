using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Agent.Tracing;

/// <summary>
/// Exports the spans of incoming requests and of requests to a remote model to an OTLP collector over HTTP
/// (https://opentelemetry.io/docs/specs/otlp/). The SDK's bounded queue holds them: while a collector is down, only spans are lost.
/// </summary>
/// <param name="endpoint">The collector's base address; the OTLP specification appends a path for each signal.</param>
/// <param name="process">The service name and version.</param>
internal sealed class TraceExport(Uri endpoint, ProcessIdentity process) : IHostedService, IDisposable
{
    private const string TracesPath = "/v1/traces";

    private const int ShutdownTimeoutMilliseconds = 3000;

    private TracerProvider? _provider;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _provider = Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService(process.Name, serviceVersion: process.Version))
            .AddSource("Microsoft.AspNetCore", "System.Net.Http")
            .AddOtlpExporter(exporter =>
            {
                exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                exporter.Endpoint = new Uri(endpoint.ToString().TrimEnd('/') + TracesPath);
            })
            .Build();
        return Task.CompletedTask;
    }

    /// <summary>Exports the queued spans, bounded by a short timeout.</summary>
    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.Run(() => _provider?.Shutdown(ShutdownTimeoutMilliseconds), CancellationToken.None);

    public void Dispose() => _provider?.Dispose();
}
