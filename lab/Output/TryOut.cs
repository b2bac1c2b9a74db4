using Lab.Containers.Local;
using Lab.Objects;

namespace Lab.Output;

/// <summary>Commands to paste, from the ports that the manifest declares.</summary>
internal static class TryOut
{
    private const string Body = "-H 'content-type: application/json' -d '{\"text\":\"what a lovely day\"}'";

    public static IReadOnlyList<string> Commands(Pod pod)
    {
        var containers = pod.Spec.InitContainers.Concat(pod.Spec.Containers).ToList();
        var commands = new List<string>();
        if (Port(containers, "tls-proxy", ["https"]) is { } tls)
        {
            commands.Add($"curl -k https://localhost:{tls}/inference {Body}");
        }
        else if (Port(containers, "agent", ["http", "api"]) is { } plain)
        {
            commands.Add($"curl -s localhost:{plain}/inference {Body}");
        }

        if (Port(containers, "metrics-relay", ["prometheus", "metrics"]) is { } relayed)
        {
            commands.Add($"curl -s localhost:{relayed}/metrics");
        }
        else if (containers.Find(container => ImageCatalog.NameOf(container.Image) == "agent")?.Ports.FirstOrDefault(port => port.Name is "metrics" or "management") is { } own)
        {
            commands.Add($"curl -s localhost:{own.Port}/metrics");
        }

        return commands;
    }

    private static int? Port(List<Container> containers, string image, string[] names)
    {
        var ports = containers.Find(container => ImageCatalog.NameOf(container.Image) == image)?.Ports ?? [];
        return (ports.FirstOrDefault(port => names.Contains(port.Name)) ?? (ports.Count > 0 ? ports[0] : null))?.Port;
    }
}
