using System.Text.Json;

namespace EndToEnd;

/// <summary>
/// A running Pod with the agent and its three sidecars, wherever it runs: its ports are those of the manifest on this
/// machine's loopback. What else a test needs of it has to be asked of its host, and that is what stands here.
/// </summary>
public interface IPod
{
    /// <summary>Whether what runs the Pod still does.</summary>
    bool IsUp { get; }

    /// <summary>What a container has written, both streams.</summary>
    IEnumerable<string> Lines(string container);

    /// <summary>The process ids of a container's program now, on this machine; none while it is down.</summary>
    IReadOnlyList<int> Processes(string container);

    /// <summary>Ends a container's processes with SIGKILL.</summary>
    Task KillAsync(string container);

    /// <summary>Gives the proxy another certificate, in the way of its host.</summary>
    /// <returns>Its serial number, as .NET prints it.</returns>
    Task<string> RenewCertificateAsync();
}

/// <summary>What follows from it.</summary>
internal static class PodExtensions
{
    /// <summary>The containers of the Pod.</summary>
    public static readonly string[] Containers = ["agent", "logging-sidecar", "metrics-sidecar", "tls-proxy"];

    /// <summary>The request log as the logging sidecar has shipped it.</summary>
    public static IEnumerable<JsonElement> ShippedLines(this IPod pod, string container = "logging-sidecar") => pod.Lines(container)
        .Where(l => l.StartsWith('{'))
        .Select(l => JsonDocument.Parse(l).RootElement)
        // The tailer's own diagnostics come by stderr through the same output; a request has an id and a method.
        .Where(l => l.TryGetProperty("request_id", out _) && l.TryGetProperty("method", out _));
}
