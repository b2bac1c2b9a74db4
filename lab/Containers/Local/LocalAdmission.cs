using Lab.Manifests;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>Rejects workloads that a cluster could run and this machine cannot, before anything starts.</summary>
internal static class LocalAdmission
{
    private static readonly HashSet<string> SupportedVolumes = new(StringComparer.Ordinal)
    {
        "name", "emptyDir", "configMap", "secret", "projected", "downwardAPI", "hostPath", "persistentVolumeClaim",
    };

    /// <exception cref="ManifestException">An image or a volume is not supported here.</exception>
    public static void CheckWorkload(Workload workload, ImageCatalog images)
    {
        var spec = workload.Pod.Spec;
        CheckImages(spec.InitContainers, "initContainers");
        CheckImages(spec.Containers, "containers");
        CheckVolumes(workload);

        void CheckImages(IReadOnlyList<Container> containers, string list)
        {
            for (var index = 0; index < containers.Count; index++)
            {
                if (images.ExplainRejection(containers[index]) is { } reason)
                {
                    throw workload.CreateError($"{list}[{index}].image", reason);
                }
            }
        }
    }

    private static void CheckVolumes(Workload workload)
    {
        var spec = workload.Pod.Spec;
        var specJson = workload.SpecPath.Split('.').Aggregate(workload.Origin.Json, (json, field) => json[field]!.AsObject());
        var volumes = specJson["volumes"]?.AsArray() ?? [];
        for (var index = 0; index < volumes.Count; index++)
        {
            if (volumes[index]!.AsObject().FirstOrDefault(field => !SupportedVolumes.Contains(field.Key)).Key is { } kind)
            {
                throw workload.CreateError($"volumes[{index}].{kind}", $"volume \"{spec.Volumes[index].Name}\": {kind} needs a cluster");
            }

            if (spec.Volumes[index].HostPath is { } hostPath
                && PodVolumes.ResolveHostPath("", hostPath) == hostPath.Path
                && !Path.Exists(hostPath.Path))
            {
                throw workload.CreateError(
                    $"volumes[{index}].hostPath.path",
                    $"volume \"{spec.Volumes[index].Name}\": {hostPath.Path} does not exist here, but type {hostPath.Type} requires it");
            }
        }
    }
}
