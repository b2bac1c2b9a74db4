namespace Lab.Objects;

internal sealed record Container
{
    public string Name { get; init; } = "";

    public string Image { get; init; } = "";

    public IReadOnlyList<string> Command { get; init; } = [];

    public IReadOnlyList<string> Args { get; init; } = [];

    public string? WorkingDir { get; init; }

    public IReadOnlyList<EnvVar> Env { get; init; } = [];

    public IReadOnlyList<EnvFromSource> EnvFrom { get; init; } = [];

    public IReadOnlyList<ContainerPort> Ports { get; init; } = [];

    public IReadOnlyList<VolumeMount> VolumeMounts { get; init; } = [];

    /// <summary><c>Always</c> turns an init container into a sidecar. Null for the Pod's own policy.</summary>
    public string? RestartPolicy { get; init; }

    public Probe? StartupProbe { get; init; }

    public Probe? LivenessProbe { get; init; }

    public Probe? ReadinessProbe { get; init; }

    public Lifecycle? Lifecycle { get; init; }

    public ResourceRequirements Resources { get; init; } = new();

    /// <summary>Resolves a port number or the name of one of the container's ports. Null if no port has that name.</summary>
    public int? FindPort(IntOrString port) =>
        port.Number ?? Ports.FirstOrDefault(candidate => candidate.Name == port.Text)?.Port;
}
