using Lab.Containers.Local;
using Lab.Objects;

namespace Lab.Output;

/// <summary>Commands for the user to try, derived from the ports in the manifest.</summary>
internal static class ExampleCommands
{
    private const string Body = "-H 'content-type: application/json' -d '{\"text\":\"what a lovely day\"}'";

    public static IReadOnlyList<string> ListCommands(Pod pod)
    {
        var containers = pod.Spec.AllContainers.ToList();
        var commands = new List<string>();
        if (FindPort(containers, "tls-proxy", ["https"]) is { } tls)
        {
            commands.Add($"curl -k https://localhost:{tls}/inference {Body}");
        }
        else if (FindPort(containers, "agent", ["http", "api"]) is { } plain)
        {
            commands.Add($"curl -s localhost:{plain}/inference {Body}");
        }

        if (FindPort(containers, "metrics-relay", ["prometheus", "metrics"]) is { } relayed)
        {
            commands.Add($"curl -s localhost:{relayed}/metrics");
        }
        else if (FindContainer(containers, "agent")?.Ports.FirstOrDefault(port => port.Name is "metrics" or "management") is { } metrics)
        {
            commands.Add($"curl -s localhost:{metrics.Port}/metrics");
        }

        return commands;
    }

    private static Container? FindContainer(List<Container> containers, string image) =>
        containers.Find(container => ImageCatalog.GetImageName(container.Image) == image);

    private static int? FindPort(List<Container> containers, string image, string[] names)
    {
        var ports = FindContainer(containers, image)?.Ports ?? [];
        return (ports.FirstOrDefault(port => names.Contains(port.Name)) ?? (ports.Count > 0 ? ports[0] : null))?.Port;
    }
}
