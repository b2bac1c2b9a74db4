using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>A ConfigMap or Secret that a Pod references, and that is in no manifest.</summary>
/// <param name="Kind"><c>configmap</c> or <c>secret</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Key">The missing key; null if the object itself is missing.</param>
/// <param name="Place">The field of the reference, below the Pod's spec.</param>
/// <param name="Volume">The volume that it belongs to; null for an environment variable.</param>
internal sealed record MissingReference(string Kind, string Name, string? Key, string Place, Volume? Volume)
{
    public string Message => (Key, Volume) switch
    {
        (null, null) => $"{Kind} \"{Name}\" not found",
        (null, _) => $"MountVolume.SetUp failed for volume \"{Volume.Name}\" : {Kind} \"{Name}\" not found",
        (_, null) => $"couldn't find key {Key} in {KindInCamelCase} default/{Name}",
        _ => $"MountVolume.SetUp failed for volume \"{Volume.Name}\" : references non-existent {Kind} key: {Key}",
    };

    public string Remedy =>
        $"add the {KindInCamelCase} to the manifest, or: kubectl create {(Kind == "secret" ? "secret generic" : "configmap")} {Name} "
        + $"--from-file={Key ?? "FILE"} --dry-run=client -o yaml > {Name}.yaml, and pass that file to the lab too";

    private string KindInCamelCase => Kind == "secret" ? "Secret" : "ConfigMap";
}
