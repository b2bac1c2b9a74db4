using System.Net;
using System.Net.NetworkInformation;
using Lab.Objects;

namespace Lab.Ports;

/// <summary>Ports that a Pod will listen on, checked before anything starts: containers of a Pod share one network, and here it is the machine's.</summary>
internal static class PortUse
{
    /// <exception cref="ManifestException">Two containers want the same port.</exception>
    public static void CheckClashes(Workload workload)
    {
        var owners = new Dictionary<(int Port, string Protocol), string>();
        foreach (var (container, place) in Containers(workload.Pod.Spec))
        {
            for (var index = 0; index < container.Ports.Count; index++)
            {
                var port = container.Ports[index];
                if (owners.TryGetValue((port.Port, port.Protocol), out var owner))
                {
                    throw workload.Error(
                        $"{place}.ports[{index}].containerPort",
                        $"port {port.Port} of container {container.Name} is taken by container {owner}: containers of a Pod share one network");
                }

                owners.Add((port.Port, port.Protocol), container.Name);
            }
        }
    }

    /// <summary>What stands in the way, one line a port; empty when every port is free.</summary>
    public static IReadOnlyList<string> FindTaken(PodSpec spec)
    {
        var listeners = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners();
        var lines = new List<string>();
        foreach (var (port, container) in Wanted(spec))
        {
            if (listeners.Any(listener => listener.Port == port && IsOurs(listener.Address)))
            {
                var holder = PortHolder.Find(port);
                lines.Add($"port {port} (container {container}) is in use{(holder is null ? "" : $" by {holder}")}: stop what listens there, or change the port in the manifest");
            }
        }

        return lines;
    }

    private static bool IsOurs(IPAddress address) =>
        IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.Equals(IPAddress.Loopback.MapToIPv6());

    private static IEnumerable<(int Port, string Container)> Wanted(PodSpec spec)
    {
        var seen = new HashSet<int>();
        foreach (var (container, _) in Containers(spec))
        {
            var declared = container.Ports.Where(port => port.Protocol == "TCP").Select(port => port.Port);

            // A management port is often named by a probe alone.
            var probed = new[] { container.StartupProbe, container.LivenessProbe, container.ReadinessProbe }
                .Select(probe => probe?.HttpGet?.Port.Number ?? probe?.TcpSocket?.Port.Number ?? probe?.Grpc?.Port)
                .OfType<int>();
            foreach (var port in declared.Concat(probed).Where(seen.Add))
            {
                yield return (port, container.Name);
            }
        }
    }

    private static IEnumerable<(Container Container, string Place)> Containers(PodSpec spec) =>
        spec.InitContainers.Select((container, index) => (container, $"initContainers[{index}]"))
            .Concat(spec.Containers.Select((container, index) => (container, $"containers[{index}]")));
}
