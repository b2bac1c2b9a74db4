using System.Globalization;
using System.Text.Json.Serialization;

namespace Lab.Objects;

/// <summary>A probe with the kubelet's defaults.</summary>
internal sealed record Probe
{
    public ExecAction? Exec { get; init; }

    public HttpGetAction? HttpGet { get; init; }

    public TcpSocketAction? TcpSocket { get; init; }

    public GrpcAction? Grpc { get; init; }

    /// <summary>Seconds before the first run. Default 0.</summary>
    public int InitialDelaySeconds { get; init; }

    /// <summary>Seconds between two runs. Default 10.</summary>
    [JsonConverter(typeof(ZeroIsTenConverter))]
    public int PeriodSeconds { get; init; } = 10;

    /// <summary>Timeout of one run in seconds. Default 1.</summary>
    [JsonConverter(typeof(ZeroIsOneConverter))]
    public int TimeoutSeconds { get; init; } = 1;

    /// <summary>Consecutive successes for a success. Default 1.</summary>
    [JsonConverter(typeof(ZeroIsOneConverter))]
    public int SuccessThreshold { get; init; } = 1;

    /// <summary>Consecutive failures for a failure. Default 3.</summary>
    [JsonConverter(typeof(ZeroIsThreeConverter))]
    public int FailureThreshold { get; init; } = 3;

    /// <summary>Grace period in seconds when this probe stops the container. Null for the Pod's own.</summary>
    public long? TerminationGracePeriodSeconds { get; init; }

    /// <summary>For people: <c>http-get :8002/readyz</c>.</summary>
    public string DescribeProbe(Container container) => this switch
    {
        { HttpGet: { } http } => $"{http.Scheme.ToLowerInvariant()}-get :{DescribePort(container, http.Port)}{http.Path}",
        { TcpSocket: { } tcp } => $"tcp-socket :{DescribePort(container, tcp.Port)}",
        { Grpc: { } grpc } => $"grpc :{grpc.Port}",
        { Exec: { } exec } => $"exec [{string.Join(' ', exec.Command)}]",
        _ => "nothing",
    };

    private static string DescribePort(Container container, IntOrString port) =>
        container.FindPort(port)?.ToString(CultureInfo.InvariantCulture) ?? port.ToString();
}
