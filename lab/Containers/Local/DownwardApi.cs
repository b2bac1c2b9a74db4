using System.Globalization;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>What a Pod may know of itself. On this machine the Pod's address is the loopback one.</summary>
internal static class DownwardApi
{
    /// <summary>The value of a field; null for one that does not exist.</summary>
    public static string? Field(Pod pod, string path)
    {
        var metadata = pod.Metadata;
        return path switch
        {
            "metadata.name" => metadata.Name,
            "metadata.namespace" => metadata.Namespace,
            "metadata.uid" => metadata.Uid,
            "metadata.labels" => Lines(metadata.Labels),
            "metadata.annotations" => Lines(metadata.Annotations),
            "spec.nodeName" => pod.Spec.NodeName ?? Environment.MachineName.ToLowerInvariant(),
            "spec.serviceAccountName" => pod.Spec.ServiceAccountName,
            "status.podIP" or "status.podIPs" or "status.hostIP" or "status.hostIPs" => "127.0.0.1",
            _ when Key(path, "metadata.labels") is { } label => metadata.Labels.GetValueOrDefault(label, ""),
            _ when Key(path, "metadata.annotations") is { } annotation => metadata.Annotations.GetValueOrDefault(annotation, ""),
            _ => null,
        };
    }

    /// <summary>A request or limit; what is not limited has the whole machine, as it has the whole node in a cluster.</summary>
    public static string? Resource(Pod pod, Container? container, ResourceFieldSelector selector)
    {
        container = selector.ContainerName is { } name
            ? pod.Spec.InitContainers.Concat(pod.Spec.Containers).FirstOrDefault(candidate => candidate.Name == name)
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

    private static string? Key(string path, string map) =>
        path.StartsWith($"{map}['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal) ? path[(map.Length + 2)..^2] : null;

    private static string Lines(IReadOnlyDictionary<string, string> map) =>
        string.Join('\n', map.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}=\"{entry.Value}\""));
}
