using System.Text;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>The environment of a container: what the manifest says, on a clean base.</summary>
internal sealed class ContainerEnvironment(Pod pod, Container container, PodConfiguration configuration)
{
    // The runtime's own knobs of this machine. Anything else in the user's environment would quietly configure the containers.
    private static readonly string[] PassedOn = ["DOTNET_ROOT", "DOTNET_GC", "DOTNET_TIERED", "DOTNET_TC_", "DOTNET_SYSTEM_", "DOTNET_ENABLEDIAGNOSTICS"];

    /// <summary>The manifest's variables in their order, expanded; later ones of the same name win.</summary>
    /// <exception cref="ContainerStartException">One of them refers to what does not exist.</exception>
    public IReadOnlyDictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var source in container.EnvFrom)
        {
            foreach (var (key, value) in From(source))
            {
                variables[source.Prefix + key] = value;
            }
        }

        foreach (var variable in container.Env)
        {
            if (variable.ValueFrom is null)
            {
                variables[variable.Name] = VariableExpansion.Expand(variable.Value, variables);
            }
            else if (From(variable.ValueFrom) is { } value)
            {
                variables[variable.Name] = value;
            }
        }

        return variables;
    }

    /// <summary>What every process here needs of this machine.</summary>
    public static Dictionary<string, string> Base(Pod pod, string home, string temporary)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin",
            ["HOME"] = home,
            ["TMPDIR"] = temporary,
            ["HOSTNAME"] = pod.Spec.Hostname ?? pod.Metadata.Name,
        };
        foreach (var name in Environment.GetEnvironmentVariables().Keys.Cast<string>())
        {
            if (PassedOn.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
            {
                variables[name] = Environment.GetEnvironmentVariable(name)!;
            }
        }

        return variables;
    }

    private IEnumerable<KeyValuePair<string, string>> From(EnvFromSource source)
    {
        if (source.ConfigMapRef is { } map)
        {
            return configuration.ConfigMap(map.Name)?.Data.AsEnumerable() ?? (map.Optional ? [] : throw Missing($"configmap \"{map.Name}\" not found"));
        }

        if (source.SecretRef is { } secret)
        {
            return configuration.Secret(secret.Name)?.Content().Select(entry => KeyValuePair.Create(entry.Key, Encoding.UTF8.GetString(entry.Value)))
                ?? (secret.Optional ? [] : throw Missing($"secret \"{secret.Name}\" not found"));
        }

        return [];
    }

    private string? From(EnvVarSource source)
    {
        switch (source)
        {
            case { FieldRef: { } field }:
                return DownwardApi.Field(pod, field.FieldPath) ?? throw Missing($"unsupported fieldPath: {field.FieldPath}");
            case { ResourceFieldRef: { } resource }:
                return DownwardApi.Resource(pod, container, resource) ?? throw Missing($"unsupported container resource: {resource.Resource}");
            case { ConfigMapKeyRef: { } map }:
                var text = configuration.ConfigMap(map.Name)?.Data.GetValueOrDefault(map.Key);
                return text ?? (map.Optional ? null : throw Missing($"couldn't find key {map.Key} in ConfigMap {pod.Metadata.Namespace}/{map.Name}"));
            case { SecretKeyRef: { } secret }:
                var bytes = configuration.Secret(secret.Name)?.Content().GetValueOrDefault(secret.Key);
                return bytes is not null
                    ? Encoding.UTF8.GetString(bytes)
                    : secret.Optional ? null : throw Missing($"couldn't find key {secret.Key} in Secret {pod.Metadata.Namespace}/{secret.Name}");
            default:
                return "";
        }
    }

    private static ContainerStartException Missing(string message) => new("CreateContainerConfigError", message, staysWaiting: true);
}
