using System.Text.Json.Serialization;

namespace Lab.Objects;

internal sealed record PodSpec
{
    public IReadOnlyList<Container> InitContainers { get; init; } = [];

    public IReadOnlyList<Container> Containers { get; init; } = [];

    /// <summary>Init containers, sidecars and main containers.</summary>
    [JsonIgnore]
    public IEnumerable<Container> AllContainers => InitContainers.Concat(Containers);

    public IReadOnlyList<Volume> Volumes { get; init; } = [];

    public string RestartPolicy { get; init; } = RestartPolicies.Always;

    /// <summary>Seconds from the start of termination to SIGKILL, for the whole Pod. Default 30.</summary>
    public long TerminationGracePeriodSeconds { get; init; } = 30;

    public string? NodeName { get; init; }

    public string ServiceAccountName { get; init; } = "default";

    public string? Hostname { get; init; }

    /// <summary>Resources that the Pod requests in addition to its containers, such as those of a RuntimeClass.</summary>
    public IReadOnlyDictionary<string, string> Overhead { get; init; } = new Dictionary<string, string>();
}
