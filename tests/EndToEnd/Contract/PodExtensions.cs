using System.Text.Json;

namespace EndToEnd;

/// <summary>What every host of the Pod has in common.</summary>
internal static class PodExtensions
{
    /// <summary>The containers of the Pod.</summary>
    public static readonly string[] Containers = ["agent", "logging-sidecar", "metrics-sidecar", "tls-proxy"];

    /// <summary>The request log as the logging sidecar has shipped it.</summary>
    public static IEnumerable<JsonElement> ReadShippedLines(this IPod pod, string container = "logging-sidecar") => pod.ReadLines(container)
        .Where(line => line.StartsWith('{'))
        .Select(line => JsonDocument.Parse(line).RootElement)
        // The tailer's own diagnostics are in the same output; only a request has an id and a method.
        .Where(line => line.TryGetProperty("request_id", out _) && line.TryGetProperty("method", out _));
}
