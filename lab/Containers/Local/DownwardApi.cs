using System.Globalization;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>The downward API: fields of a Pod that its containers can read. The Pod's address is the loopback address.</summary>
internal static class DownwardApi
{
    /// <summary>The value of a field, or null if there is no such field.</summary>
    public static string? ReadField(Pod pod, string path)
    {
        var metadata = pod.Metadata;
        return path switch
        {
            "metadata.name" => metadata.Name,
            "metadata.namespace" => metadata.Namespace,
            "metadata.uid" => metadata.Uid,
            "metadata.labels" => FormatMap(metadata.Labels),
            "metadata.annotations" => FormatMap(metadata.Annotations),
            "spec.nodeName" => pod.Spec.NodeName ?? Environment.MachineName.ToLowerInvariant(),
            "spec.serviceAccountName" => pod.Spec.ServiceAccountName,
            "status.podIP" or "status.podIPs" or "status.hostIP" or "status.hostIPs" => "127.0.0.1",
            _ when FindMapKey(path, "metadata.labels") is { } label => metadata.Labels.GetValueOrDefault(label, ""),
            _ when FindMapKey(path, "metadata.annotations") is { } annotation => metadata.Annotations.GetValueOrDefault(annotation, ""),
            _ => null,
        };
    }

    /// <summary>
    /// The value of a request or limit. Without a limit it is the capacity of the machine, as it is the capacity of the node in a cluster.
    /// </summary>
    public static string? ReadResource(Pod pod, Container? container, ResourceFieldSelector selector)
    {
        container = selector.ContainerName is { } name
            ? pod.Spec.AllContainers.FirstOrDefault(candidate => candidate.Name == name)
            : container;
        if (container is null || selector.Resource.Split('.', 2) is not [var list, var resource])
        {
            return null;
        }

        var limit = container.Resources.Limits.GetValueOrDefault(resource);
        var text = list switch
        {
            "limits" => limit,
            "requests" => container.Resources.Requests.GetValueOrDefault(resource) ?? limit,
            _ => null,
        };
        text ??= resource switch
        {
            "cpu" => Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
            "memory" => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes.ToString(CultureInfo.InvariantCulture),
            _ => "0",
        };
        return Quantity.TryParse(text, out var value) && Quantity.TryParse(selector.Divisor, out var divisor)
            ? Math.Ceiling(value / (divisor == 0 ? 1 : divisor)).ToString("0", CultureInfo.InvariantCulture)
            : null;
    }

    private static string? FindMapKey(string path, string map) =>
        path.StartsWith($"{map}['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal)
            ? path[(map.Length + 2)..^2]
            : null;

    private static string FormatMap(IReadOnlyDictionary<string, string> map) =>
        string.Join('\n', map.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}=\"{entry.Value}\""));
}
