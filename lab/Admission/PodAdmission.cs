using System.Text.Json.Nodes;
using Lab.Objects;

namespace Lab.Admission;

/// <summary>What the API server checks in a Pod's spec in addition to the types of its fields, with the same messages.</summary>
internal static class PodAdmission
{
    /// <summary>Checks a spec.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="json">The same spec as JSON.</param>
    /// <param name="prefix">The path of the spec in the object.</param>
    /// <returns>Every mistake; the paths start at the spec.</returns>
    public static IReadOnlyList<ObjectError> CheckSpec(PodSpec spec, JsonObject json, string prefix)
    {
        var errors = new AdmissionErrors(prefix);
        if (spec.Containers.Count == 0)
        {
            errors.AddError("containers", "Required value");
        }

        CheckVolumes(spec.Volumes, json, errors);

        // Main containers first: if two containers have the same name, the API server reports the init container.
        var containers = new ContainerAdmission(spec.Volumes, errors);
        containers.CheckContainers(spec.Containers, "containers", areInit: false);
        containers.CheckContainers(spec.InitContainers, "initContainers", areInit: true);
        if (spec.TerminationGracePeriodSeconds < 0)
        {
            errors.AddInvalidValue(
                "terminationGracePeriodSeconds", spec.TerminationGracePeriodSeconds, "must be greater than or equal to 0");
        }

        return errors.Errors;
    }

    private static void CheckVolumes(IReadOnlyList<Volume> volumes, JsonObject json, AdmissionErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < volumes.Count; index++)
        {
            var name = volumes[index].Name;
            var path = $"volumes[{index}]";
            errors.AddMessage($"{path}.name", NameRules.CheckLabel(errors.GetFullPath($"{path}.name"), name));
            if (!names.Add(name))
            {
                errors.AddError($"{path}.name", $"Duplicate value: \"{name}\"");
            }

            var sources = json["volumes"]![index]!.AsObject().Where(field => field.Key != "name").Select(field => field.Key).ToList();
            if (sources.Count == 0)
            {
                errors.AddError(path, "Required value: must specify a volume type");
            }
            else if (sources.Count > 1)
            {
                errors.AddError($"{path}.{sources[1]}", "Forbidden: may not specify more than 1 volume type");
            }
        }
    }
}
