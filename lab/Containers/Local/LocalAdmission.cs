using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>What a cluster could run and this machine cannot, refused before anything starts.</summary>
internal static class LocalAdmission
{
    private static readonly HashSet<string> Honoured = new(StringComparer.Ordinal)
    {
        "name", "emptyDir", "configMap", "secret", "projected", "downwardAPI", "hostPath", "persistentVolumeClaim",
    };

    /// <exception cref="ManifestException">Something cannot be had here.</exception>
    public static void Check(Workload workload, ImageCatalog images)
    {
        var spec = workload.Pod.Spec;
        CheckImages(spec.InitContainers, "initContainers");
        CheckImages(spec.Containers, "containers");
        var volumes = workload.SpecPath.Split('.').Aggregate(workload.Origin.Json, (json, field) => json[field]!.AsObject())["volumes"]?.AsArray() ?? [];
        for (var index = 0; index < volumes.Count; index++)
        {
            if (volumes[index]!.AsObject().FirstOrDefault(field => !Honoured.Contains(field.Key)).Key is { } kind)
            {
                throw workload.Error($"volumes[{index}].{kind}", $"volume \"{spec.Volumes[index].Name}\": {kind} needs a cluster");
            }

            if (spec.Volumes[index].HostPath is { } hostPath && PodVolumes.HostPath("", hostPath) == hostPath.Path && !Path.Exists(hostPath.Path))
            {
                throw workload.Error($"volumes[{index}].hostPath.path", $"volume \"{spec.Volumes[index].Name}\": {hostPath.Path} does not exist here (type {hostPath.Type} asks for it)");
            }
        }

        void CheckImages(IReadOnlyList<Container> containers, string list)
        {
            for (var index = 0; index < containers.Count; index++)
            {
                if (images.Refuse(containers[index]) is { } reason)
                {
                    throw workload.Error($"{list}[{index}].image", reason);
                }
            }
        }
    }
}
