using Agent.Faults;
using Agent.Inference;
using Agent.Models;
using Agent.RequestLogging;
using Agent.Server;

namespace Agent;

/// <summary>The agent's complete configuration: one section for each feature.</summary>
public sealed partial class AgentOptions : ContainerOptions
{
    /// <summary>Sets the agent's default management port, 8001.</summary>
    public AgentOptions() => Management.Port = 8001;

    /// <summary>The port for clients and its limits.</summary>
    public HttpOptions Http { get; set; } = new();

    /// <summary>Path of the request log, one JSON object per line. Default empty: no request log is written.</summary>
    [ConfigurationKeyName("LOG_FILE")]
    public string LogFile { get; set; } = "";

    /// <summary>Content and size of the request log.</summary>
    public RequestLogOptions RequestLog { get; set; } = new();

    /// <summary>The model that serves predictions.</summary>
    public ModelOptions Model { get; set; } = new();

    /// <summary>Limits on concurrency, time and size of inference requests.</summary>
    public InferenceOptions Inference { get; set; } = new();

    /// <summary>
    /// Base address of an OTLP collector that receives spans over HTTP, such as <c>http://collector:4318</c>. Default none.
    /// </summary>
    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_ENDPOINT")]
    public Uri? OtlpEndpoint { get; set; }

    /// <summary>Faults to inject, for labs and tests.</summary>
    public FaultOptions Faults { get; set; } = new();
}
