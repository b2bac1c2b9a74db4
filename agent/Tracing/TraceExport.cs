using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Agent.Tracing;

/// <summary>
/// Sends spans of the requests served, and of those made to a remote model, to an OTLP collector over HTTP
/// (https://opentelemetry.io/docs/specs/otlp/). The SDK's own bounded queue stands before it: a collector that is down costs spans only.
/// </summary>
internal sealed class TraceExport(AgentOptions options, ProcessIdentity process) : IHostedService, IDisposable
{
    /// <summary>As the exporter's specification has it, the endpoint is the base of the signals' paths.</summary>
    private const string Path = "/v1/traces";

    private TracerProvider? _provider;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.OtlpEndpoint is { } endpoint)
        {
            _provider = Sdk.CreateTracerProviderBuilder()
                .ConfigureResource(resource => resource.AddService(process.Name, serviceVersion: process.Version))
                .AddSource("Microsoft.AspNetCore", "System.Net.Http")
                .AddOtlpExporter(exporter =>
                {
                    exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                    exporter.Endpoint = new Uri(endpoint.ToString().TrimEnd('/') + Path);
                })
                .Build();
        }

        return Task.CompletedTask;
    }

    /// <summary>Sends what is left, for a few seconds at most.</summary>
    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.Run(() => _provider?.Shutdown(timeoutMilliseconds: 3000), CancellationToken.None);

    public void Dispose() => _provider?.Dispose();
}
