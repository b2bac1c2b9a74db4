using System.Globalization;
using System.Text.Json.Nodes;

namespace Lab.Objects;

/// <summary>
/// What the API server checks of a Pod's spec beyond the types of its fields, in its own words. Paths begin at the spec
/// (<c>containers[0].image</c>); <paramref name="prefix"/> says where the spec stands in the object.
/// </summary>
internal sealed class PodAdmission(PodSpec spec, JsonObject json, string prefix)
{
    private readonly List<ObjectError> _errors = [];
    private readonly HashSet<string> _containerNames = new(StringComparer.Ordinal);

    public static IReadOnlyList<ObjectError> Check(PodSpec spec, JsonObject json, string prefix) =>
        new PodAdmission(spec, json, prefix).Check();

    private List<ObjectError> Check()
    {
        if (spec.Containers.Count == 0)
        {
            Add("containers", "Required value");
        }

        CheckVolumes();

        // Main containers first: of two equal names the init container's is the one to change, as the API server has it.
        CheckContainers(spec.Containers, "containers", ofInit: false);
        CheckContainers(spec.InitContainers, "initContainers", ofInit: true);
        if (spec.TerminationGracePeriodSeconds < 0)
        {
            Invalid("terminationGracePeriodSeconds", spec.TerminationGracePeriodSeconds, "must be greater than or equal to 0");
        }

        return _errors;
    }

    private void CheckVolumes()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < spec.Volumes.Count; index++)
        {
            var name = spec.Volumes[index].Name;
            var path = $"volumes[{index}]";
            AddRaw($"{path}.name", Names.CheckLabel(Full($"{path}.name"), name));
            if (!names.Add(name))
            {
                Add($"{path}.name", $"Duplicate value: \"{name}\"");
            }

            var sources = json["volumes"]![index]!.AsObject().Where(field => field.Key != "name").Select(field => field.Key).ToList();
            if (sources.Count == 0)
            {
                Add(path, "Required value: must specify a volume type");
            }
            else if (sources.Count > 1)
            {
                Add($"{path}.{sources[1]}", "Forbidden: may not specify more than 1 volume type");
            }
        }
    }

    private void CheckContainers(IReadOnlyList<Container> containers, string list, bool ofInit)
    {
        for (var index = 0; index < containers.Count; index++)
        {
            CheckContainer(containers[index], $"{list}[{index}]", ofInit);
        }
    }

    private void CheckContainer(Container container, string path, bool ofInit)
    {
        if (container.Name.Length == 0)
        {
            Add($"{path}.name", "Required value");
        }
        else
        {
            AddRaw($"{path}.name", Names.CheckLabel(Full($"{path}.name"), container.Name));
            if (!_containerNames.Add(container.Name))
            {
                Add($"{path}.name", $"Duplicate value: \"{container.Name}\"");
            }
        }

        if (container.Image.Length == 0)
        {
            Add($"{path}.image", "Required value");
        }

        if (container.RestartPolicy is not (null or RestartPolicies.Always or RestartPolicies.Never or RestartPolicies.OnFailure))
        {
            AddRaw(
                $"{path}.restartPolicy",
                FieldTable.Unsupported(
                    Full($"{path}.restartPolicy"),
                    container.RestartPolicy,
                    [RestartPolicies.Always, RestartPolicies.Never, RestartPolicies.OnFailure]));
        }

        CheckPorts(container, path);
        CheckMounts(container, path);
        CheckResources(container.Resources, path);
        if (ofInit && container.RestartPolicy != RestartPolicies.Always)
        {
            ForbidOnInit(container.Lifecycle, $"{path}.lifecycle");
            ForbidOnInit(container.StartupProbe, $"{path}.startupProbe");
            ForbidOnInit(container.LivenessProbe, $"{path}.livenessProbe");
            ForbidOnInit(container.ReadinessProbe, $"{path}.readinessProbe");
            return;
        }

        CheckProbe(container, container.StartupProbe, $"{path}.startupProbe", onlyOneSuccess: true);
        CheckProbe(container, container.LivenessProbe, $"{path}.livenessProbe", onlyOneSuccess: true);
        CheckProbe(container, container.ReadinessProbe, $"{path}.readinessProbe", onlyOneSuccess: false);
    }

    private void CheckPorts(Container container, string path)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < container.Ports.Count; index++)
        {
            var port = container.Ports[index];
            CheckPortNumber($"{path}.ports[{index}].containerPort", port.Port);
            if (port.Name is { Length: > 0 } name && !names.Add(name))
            {
                Add($"{path}.ports[{index}].name", $"Duplicate value: \"{name}\"");
            }
        }
    }

    private void CheckPortNumber(string path, int port)
    {
        if (port is < 1 or > 65535)
        {
            Invalid(path, port, "must be between 1 and 65535, inclusive");
        }
    }

    private void CheckMounts(Container container, string path)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < container.VolumeMounts.Count; index++)
        {
            var mount = container.VolumeMounts[index];
            var place = $"{path}.volumeMounts[{index}]";
            if (spec.Volumes.All(volume => volume.Name != mount.Name))
            {
                Add($"{place}.name", $"Not found: \"{mount.Name}\"");
            }

            if (mount.MountPath.Length == 0)
            {
                Add($"{place}.mountPath", "Required value");
            }
            else if (!mount.MountPath.StartsWith('/') || mount.MountPath.Split('/').Contains(".."))
            {
                Invalid($"{place}.mountPath", mount.MountPath, "must be an absolute path without '..'");
            }
            else if (!paths.Add(mount.MountPath))
            {
                Invalid($"{place}.mountPath", mount.MountPath, "must be unique");
            }

            CheckSubPath($"{place}.subPath", mount.SubPath);
            CheckSubPath($"{place}.subPathExpr", mount.SubPathExpr);
        }
    }

    private void CheckSubPath(string path, string value)
    {
        if (value.StartsWith('/'))
        {
            Invalid(path, value, "must be a relative path");
        }
        else if (value.Split('/').Contains(".."))
        {
            Invalid(path, value, "must not contain '..'");
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
                Invalid($"{path}.resources.requests", request, $"must be less than or equal to {resource} limit of {limit}");
            }
        }
    }

    private void CheckProbe(Container container, Probe? probe, string path, bool onlyOneSuccess)
    {
        if (probe is null)
        {
            return;
        }

        var handlers = new object?[] { probe.Exec, probe.HttpGet, probe.TcpSocket, probe.Grpc }.Count(handler => handler is not null);
        if (handlers != 1)
        {
            Add(path, handlers == 0 ? "Required value: must specify a handler type" : "Forbidden: may not specify more than 1 handler type");
        }

        if (probe.Exec is { Command.Count: 0 })
        {
            Add($"{path}.exec.command", "Required value");
        }

        if (onlyOneSuccess && probe.SuccessThreshold != 1)
        {
            Invalid($"{path}.successThreshold", probe.SuccessThreshold, "must be 1");
        }

        foreach (var (name, value) in new[]
        {
            ("initialDelaySeconds", probe.InitialDelaySeconds), ("periodSeconds", probe.PeriodSeconds), ("timeoutSeconds", probe.TimeoutSeconds),
            ("failureThreshold", probe.FailureThreshold),
        })
        {
            if (value < 0)
            {
                Invalid($"{path}.{name}", value, "must be greater than or equal to 0");
            }
        }

        if (probe.Grpc is { } grpc)
        {
            CheckPortNumber($"{path}.grpc.port", grpc.Port);
        }

        var (port, place) = probe.HttpGet is { } http ? (http.Port, "httpGet") : (probe.TcpSocket?.Port ?? default, "tcpSocket");
        if (port.Number is { } number)
        {
            CheckPortNumber($"{path}.{place}.port", number);
        }
        else if (port.Text is { } name && container.FindPort(port) is null)
        {
            // The API server lets this pass and the probe never succeeds; here it is said at once.
            Add($"{path}.{place}.port", $"Not found: \"{name}\" (no port of the container has that name)");
        }
    }

    private void ForbidOnInit(object? field, string path)
    {
        if (field is not null)
        {
            Add(path, "Forbidden: may not be set for init containers without restartPolicy=Always");
        }
    }

    private void Add(string path, string message) => AddRaw(path, $"{Full(path)}: {message}");

    private void AddRaw(string path, string? message)
    {
        if (message is not null)
        {
            _errors.Add(new(path, message));
        }
    }

    private void Invalid(string path, object value, string message)
    {
        var shown = value is string text ? $"\"{text}\"" : Convert.ToString(value, CultureInfo.InvariantCulture);
        Add(path, $"Invalid value: {shown}: {message}");
    }

    private string Full(string path) => $"{prefix}.{path}";
}
