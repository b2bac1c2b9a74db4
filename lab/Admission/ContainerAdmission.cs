using Lab.Objects;

namespace Lab.Admission;

/// <summary>Checks the containers of one Pod.</summary>
internal sealed class ContainerAdmission(IReadOnlyList<Volume> volumes, AdmissionErrors errors)
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public void CheckContainers(IReadOnlyList<Container> containers, string list, bool areInit)
    {
        for (var index = 0; index < containers.Count; index++)
        {
            CheckContainer(containers[index], $"{list}[{index}]", areInit);
        }
    }

    private void CheckContainer(Container container, string path, bool isInit)
    {
        CheckName(container, path);
        if (container.Image.Length == 0)
        {
            errors.AddError($"{path}.image", "Required value");
        }

        if (container.RestartPolicy is not (null or RestartPolicies.Always or RestartPolicies.Never or RestartPolicies.OnFailure))
        {
            errors.AddMessage(
                $"{path}.restartPolicy",
                FieldTable.FormatUnsupportedValue(
                    errors.GetFullPath($"{path}.restartPolicy"),
                    container.RestartPolicy,
                    [RestartPolicies.Always, RestartPolicies.Never, RestartPolicies.OnFailure]));
        }

        CheckPorts(container, path);
        CheckMounts(container, path);
        CheckResources(container.Resources, path);
        if (isInit && container.RestartPolicy != RestartPolicies.Always)
        {
            RejectOnInitContainer(container.Lifecycle, $"{path}.lifecycle");
            RejectOnInitContainer(container.StartupProbe, $"{path}.startupProbe");
            RejectOnInitContainer(container.LivenessProbe, $"{path}.livenessProbe");
            RejectOnInitContainer(container.ReadinessProbe, $"{path}.readinessProbe");
            return;
        }

        var probes = new ProbeAdmission(container, errors);
        probes.CheckProbe(container.StartupProbe, $"{path}.startupProbe", mustSucceedOnce: true);
        probes.CheckProbe(container.LivenessProbe, $"{path}.livenessProbe", mustSucceedOnce: true);
        probes.CheckProbe(container.ReadinessProbe, $"{path}.readinessProbe", mustSucceedOnce: false);
    }

    private void CheckName(Container container, string path)
    {
        if (container.Name.Length == 0)
        {
            errors.AddError($"{path}.name", "Required value");
            return;
        }

        errors.AddMessage($"{path}.name", NameRules.CheckLabel(errors.GetFullPath($"{path}.name"), container.Name));
        if (!_names.Add(container.Name))
        {
            errors.AddError($"{path}.name", $"Duplicate value: \"{container.Name}\"");
        }
    }

    private void CheckPorts(Container container, string path)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < container.Ports.Count; index++)
        {
            var port = container.Ports[index];
            ProbeAdmission.CheckPortNumber(errors, $"{path}.ports[{index}].containerPort", port.Port);
            if (port.Name is { Length: > 0 } name && !names.Add(name))
            {
                errors.AddError($"{path}.ports[{index}].name", $"Duplicate value: \"{name}\"");
            }
        }
    }

    private void CheckMounts(Container container, string path)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < container.VolumeMounts.Count; index++)
        {
            var mount = container.VolumeMounts[index];
            var place = $"{path}.volumeMounts[{index}]";
            if (volumes.All(volume => volume.Name != mount.Name))
            {
                errors.AddError($"{place}.name", $"Not found: \"{mount.Name}\"");
            }

            if (mount.MountPath.Length == 0)
            {
                errors.AddError($"{place}.mountPath", "Required value");
            }
            else if (!mount.MountPath.StartsWith('/') || mount.MountPath.Split('/').Contains(".."))
            {
                errors.AddInvalidValue($"{place}.mountPath", mount.MountPath, "must be an absolute path without '..'");
            }
            else if (!paths.Add(mount.MountPath))
            {
                errors.AddInvalidValue($"{place}.mountPath", mount.MountPath, "must be unique");
            }

            CheckSubPath($"{place}.subPath", mount.SubPath);
            CheckSubPath($"{place}.subPathExpr", mount.SubPathExpr);
        }
    }

    private void CheckSubPath(string path, string value)
    {
        if (value.StartsWith('/'))
        {
            errors.AddInvalidValue(path, value, "must be a relative path");
        }
        else if (value.Split('/').Contains(".."))
        {
            errors.AddInvalidValue(path, value, "must not contain '..'");
        }
    }

    private void CheckResources(ResourceRequirements resources, string path)
    {
        foreach (var (resource, request) in resources.Requests)
        {
            if (resources.Limits.TryGetValue(resource, out var limit)
                && Quantity.TryParse(request, out var requested)
                && Quantity.TryParse(limit, out var limited)
                && requested > limited)
            {
                errors.AddInvalidValue($"{path}.resources.requests", request, $"must be less than or equal to {resource} limit of {limit}");
            }
        }
    }

    private void RejectOnInitContainer(object? field, string path)
    {
        if (field is not null)
        {
            errors.AddError(path, "Forbidden: may not be set for init containers without restartPolicy=Always");
        }
    }
}
