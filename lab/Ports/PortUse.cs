using System.Net;
using System.Net.NetworkInformation;
using Lab.Manifests;
using Lab.Objects;

namespace Lab.Ports;

/// <summary>
/// Checks the ports of a Pod before anything starts. The containers of a Pod share one network, and in the lab it is the network of the
/// machine.
/// </summary>
internal static class PortUse
{
    /// <exception cref="ManifestException">Two containers have the same port.</exception>
    public static void CheckConflicts(Workload workload)
    {
        var owners = new Dictionary<(int Port, string Protocol), string>();
        foreach (var (container, place) in ListContainers(workload.Pod.Spec))
        {
            for (var index = 0; index < container.Ports.Count; index++)
            {
                var port = container.Ports[index];
                if (owners.TryGetValue((port.Port, port.Protocol), out var owner))
                {
                    throw workload.CreateError(
                        $"{place}.ports[{index}].containerPort",
                        $"port {port.Port} of container {container.Name} is taken by container {owner}: "
                        + "the containers of a Pod share one network");
                }

                owners.Add((port.Port, port.Protocol), container.Name);
            }
        }
    }

    /// <summary>One message for each port that another process uses; empty if all ports are free.</summary>
    public static IReadOnlyList<string> FindPortsInUse(PodSpec spec)
    {
        var listeners = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners();
        var lines = new List<string>();
        foreach (var (port, container) in ListPorts(spec))
        {
            if (listeners.Any(listener => listener.Port == port && IsLocalAddress(listener.Address)))
            {
                var owner = PortOwner.FindOwner(port);
                lines.Add(
                    $"port {port} (container {container}) is in use{(owner is null ? "" : $" by {owner}")}: "
                    + "stop that process, or change the port in the manifest");
            }
        }

        return lines;
    }

    private static bool IsLocalAddress(IPAddress address) =>
        IPAddress.IsLoopback(address)
        || address.Equals(IPAddress.Any)
        || address.Equals(IPAddress.IPv6Any)
        || address.Equals(IPAddress.Loopback.MapToIPv6());

    private static IEnumerable<(int Port, string Container)> ListPorts(PodSpec spec)
    {
        var seen = new HashSet<int>();
        foreach (var (container, _) in ListContainers(spec))
        {
            var declared = container.Ports.Where(port => port.Protocol == "TCP").Select(port => port.Port);

            // A management port is often only mentioned in a probe.
            var probed = new[] { container.StartupProbe, container.LivenessProbe, container.ReadinessProbe }
                .Select(probe => probe?.HttpGet?.Port.Number ?? probe?.TcpSocket?.Port.Number ?? probe?.Grpc?.Port)
                .OfType<int>();
            foreach (var port in declared.Concat(probed).Where(seen.Add))
            {
                yield return (port, container.Name);
            }
        }
    }

    private static IEnumerable<(Container Container, string Place)> ListContainers(PodSpec spec) =>
        spec.InitContainers.Select((container, index) => (container, $"initContainers[{index}]"))
            .Concat(spec.Containers.Select((container, index) => (container, $"containers[{index}]")));
}
