using Agent.Faults;
using Agent.Inference;
using Agent.Models;
using Agent.RequestLogging;

namespace Agent;

/// <summary>Everything that the agent can be told.</summary>
public sealed class AgentOptions : ContainerOptions
{
    /// <summary>The agent's management port is 8001.</summary>
    public AgentOptions() => Management.Port = 8001;

    /// <summary>The port that clients talk to, and what it takes from them.</summary>
    public HttpOptions Http { get; set; } = new();

    /// <summary>Path of the request log, a JSON object a line. Default empty: no request log is written.</summary>
    [ConfigurationKeyName("LOG_FILE")]
    public string LogFile { get; set; } = "";

    /// <summary>What is written to the request log, and how much of it is kept.</summary>
    public RequestLogOptions RequestLog { get; set; } = new();

    /// <summary>Which model answers.</summary>
    public ModelOptions Model { get; set; } = new();

    /// <summary>How much is inferred at a time, and for how long.</summary>
    public InferenceOptions Inference { get; set; } = new();

    /// <summary>Base address of an OTLP collector that spans are sent to over HTTP, such as <c>http://collector:4318</c>. Default none.</summary>
    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_ENDPOINT")]
    public Uri? OtlpEndpoint { get; set; }

    /// <summary>Trouble on demand.</summary>
    public FaultOptions Faults { get; set; } = new();
}
