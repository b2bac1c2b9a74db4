using System.Text.Json.Serialization;

namespace Lab.Objects;

/// <summary>A probe with the kubelet's defaults.</summary>
internal sealed record Probe
{
    public ExecAction? Exec { get; init; }

    public HttpGetAction? HttpGet { get; init; }

    public TcpSocketAction? TcpSocket { get; init; }

    public GrpcAction? Grpc { get; init; }

    /// <summary>Seconds before the first look; 0.</summary>
    public int InitialDelaySeconds { get; init; }

    /// <summary>Seconds from look to look; 10.</summary>
    [JsonConverter(typeof(ZeroIsTenConverter))]
    public int PeriodSeconds { get; init; } = 10;

    /// <summary>Seconds that one look may take; 1.</summary>
    [JsonConverter(typeof(ZeroIsOneConverter))]
    public int TimeoutSeconds { get; init; } = 1;

    /// <summary>Successes in a row that count as one; 1.</summary>
    [JsonConverter(typeof(ZeroIsOneConverter))]
    public int SuccessThreshold { get; init; } = 1;

    /// <summary>Failures in a row that count as one; 3.</summary>
    [JsonConverter(typeof(ZeroIsThreeConverter))]
    public int FailureThreshold { get; init; } = 3;

    /// <summary>Seconds of grace when this probe ends the container; null leaves it to the Pod.</summary>
    public long? TerminationGracePeriodSeconds { get; init; }

    public string Describe(Container container) => this switch
    {
        { HttpGet: { } http } => $"{http.Scheme.ToLowerInvariant()}-get :{container.FindPort(http.Port)?.ToString() ?? http.Port.ToString()}{http.Path}",
        { TcpSocket: { } tcp } => $"tcp-socket :{container.FindPort(tcp.Port)?.ToString() ?? tcp.Port.ToString()}",
        { Grpc: { } grpc } => $"grpc :{grpc.Port}",
        { Exec: { } exec } => $"exec [{string.Join(' ', exec.Command)}]",
        _ => "nothing",
    };
}
