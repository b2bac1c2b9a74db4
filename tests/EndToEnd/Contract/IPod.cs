namespace EndToEnd;

/// <summary>
/// A running Pod with the agent and its three sidecars. Its ports are those of the manifest, on this machine's loopback. The
/// members are what a test needs beyond the ports; each host (the lab, Docker) provides them in its own way.
/// </summary>
public interface IPod
{
    /// <summary>Whether the host still runs the Pod.</summary>
    bool IsRunning { get; }

    /// <summary>The lines that a container has written so far to stdout and stderr.</summary>
    IEnumerable<string> ReadLines(string container);

    /// <summary>The ids of a container's processes on this machine; empty while the container is down.</summary>
    IReadOnlyList<int> FindProcesses(string container);

    /// <summary>Kills a container's processes with SIGKILL.</summary>
    Task KillContainerAsync(string container);

    /// <summary>Gives the TLS proxy a new certificate.</summary>
    /// <returns>Its serial number, as .NET prints it.</returns>
    Task<string> RenewCertificateAsync();
}
