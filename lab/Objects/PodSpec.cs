namespace Lab.Objects;

internal sealed record PodSpec
{
    public IReadOnlyList<Container> InitContainers { get; init; } = [];

    public IReadOnlyList<Container> Containers { get; init; } = [];

    public IReadOnlyList<Volume> Volumes { get; init; } = [];

    public string RestartPolicy { get; init; } = RestartPolicies.Always;

    /// <summary>Seconds from the beginning of termination to KILL, for the Pod as a whole; 30.</summary>
    public long TerminationGracePeriodSeconds { get; init; } = 30;

    public string? NodeName { get; init; }

    public string ServiceAccountName { get; init; } = "default";

    public string? Hostname { get; init; }

    /// <summary>What the Pod asks for beside its containers, such as a RuntimeClass' own needs.</summary>
    public IReadOnlyDictionary<string, string> Overhead { get; init; } = new Dictionary<string, string>();
}
