using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.Admission;
using Lab.Objects;

namespace Lab.Manifests;

/// <summary>Reads the Pod of a Pod, Deployment or Job object.</summary>
internal static class WorkloadReader
{
    public static Workload ReadPod(KubernetesObject item) => ReadWorkload(item, "spec", item.Json);

    public static Workload ReadJob(KubernetesObject item)
    {
        var workload = ReadWorkload(item, "spec.template.spec", item.Json["spec"]!["template"]!.AsObject());
        if (workload.Pod.Spec.RestartPolicy == RestartPolicies.Always)
        {
            const string Path = "spec.template.spec.restartPolicy";
            item.ThrowIfInvalid([new(Path, $"{Path}: Required value: valid values: \"OnFailure\", \"Never\"")]);
        }

        return workload;
    }

    public static Workload ReadDeployment(KubernetesObject item)
    {
        CheckSelector(item);
        return ReadWorkload(item, "spec.template.spec", item.Json["spec"]!["template"]!.AsObject());
    }

    private static Workload ReadWorkload(KubernetesObject item, string specPath, JsonObject podJson)
    {
        var pod = podJson.Deserialize<Pod>(ManifestJson.SerializerOptions)!;
        var errors = PodAdmission.CheckSpec(pod.Spec, podJson["spec"]!.AsObject(), specPath);
        item.ThrowIfInvalid(errors.Select(error => new ObjectError($"{specPath}.{error.Path}", error.Message)));
        var metadata = pod.Metadata with { Name = item.Name, Uid = Guid.NewGuid().ToString() };
        return new Workload(item.Kind, pod with { Metadata = metadata }, specPath, item);
    }

    private static void CheckSelector(KubernetesObject item)
    {
        var labels = item.Json["spec"]!["template"]!["metadata"]?["labels"] as JsonObject ?? [];
        var matches = item.Json["spec"]!["selector"]!["matchLabels"] as JsonObject ?? [];
        if (matches.Any(label => ManifestJson.ReadText(labels, label.Key) != label.Value!.GetValue<string>()))
        {
            const string Path = "spec.template.metadata.labels";
            item.ThrowIfInvalid(
                [new(Path, $"{Path}: Invalid value: {labels.ToJsonString()}: `selector` does not match template `labels`")]);
        }
    }
}
