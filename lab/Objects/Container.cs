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

    /// <summary>Of an init container, <c>Always</c> makes it a sidecar; null leaves it to the Pod.</summary>
    public string? RestartPolicy { get; init; }

    public Probe? StartupProbe { get; init; }

    public Probe? LivenessProbe { get; init; }

    public Probe? ReadinessProbe { get; init; }

    public Lifecycle? Lifecycle { get; init; }

    public ResourceRequirements Resources { get; init; } = new();

    /// <summary>The number of a port that is given by number or by the name of one of the container's ports.</summary>
    public int? FindPort(IntOrString port) =>
        port.Number ?? Ports.FirstOrDefault(candidate => candidate.Name == port.Text)?.Port;
}
