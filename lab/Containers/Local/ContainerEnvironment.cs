using System.Text;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>The environment variables of a container: those of the manifest, on a clean base.</summary>
internal sealed class ContainerEnvironment(Pod pod, Container container, PodConfiguration configuration)
{
    // Settings of the .NET runtime on this machine. Any other variable of the user would silently configure the containers.
    private static readonly string[] InheritedPrefixes =
    [
        "DOTNET_ROOT", "DOTNET_GC", "DOTNET_TIERED", "DOTNET_TC_", "DOTNET_SYSTEM_", "DOTNET_ENABLEDIAGNOSTICS",
    ];

    /// <summary>The variables of the manifest in order, expanded. A later variable replaces an earlier one of the same name.</summary>
    /// <exception cref="ContainerStartException">A variable references an object, key or field that does not exist.</exception>
    public IReadOnlyDictionary<string, string> BuildVariables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var source in container.EnvFrom)
        {
            foreach (var (key, value) in ReadAllKeys(source))
            {
                variables[source.Prefix + key] = value;
            }
        }

        foreach (var variable in container.Env)
        {
            if (variable.ValueFrom is null)
            {
                variables[variable.Name] = VariableExpansion.ExpandVariables(variable.Value, variables);
            }
            else if (ReadValue(variable.ValueFrom) is { } value)
            {
                variables[variable.Name] = value;
            }
        }

        return variables;
    }

    /// <summary>The variables that every process needs on this machine.</summary>
    public static Dictionary<string, string> BuildBaseVariables(Pod pod, string home, string temporary)
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
            if (InheritedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
            {
                variables[name] = Environment.GetEnvironmentVariable(name)!;
            }
        }

        return variables;
    }

    private IEnumerable<KeyValuePair<string, string>> ReadAllKeys(EnvFromSource source)
    {
        if (source.ConfigMapRef is { } map)
        {
            return configuration.FindConfigMap(map.Name)?.Data.AsEnumerable()
                ?? (map.Optional ? [] : throw CreateConfigError($"configmap \"{map.Name}\" not found"));
        }

        if (source.SecretRef is { } secret)
        {
            return configuration.FindSecret(secret.Name)?.GetContent()
                .Select(entry => KeyValuePair.Create(entry.Key, Encoding.UTF8.GetString(entry.Value)))
                ?? (secret.Optional ? [] : throw CreateConfigError($"secret \"{secret.Name}\" not found"));
        }

        return [];
    }

    private string? ReadValue(EnvVarSource source)
    {
        switch (source)
        {
            case { FieldRef: { } field }:
                return DownwardApi.ReadField(pod, field.FieldPath) ?? throw CreateConfigError($"unsupported fieldPath: {field.FieldPath}");
            case { ResourceFieldRef: { } resource }:
                return DownwardApi.ReadResource(pod, container, resource)
                    ?? throw CreateConfigError($"unsupported container resource: {resource.Resource}");
            case { ConfigMapKeyRef: { } map }:
                var text = configuration.FindConfigMap(map.Name)?.Data.GetValueOrDefault(map.Key);
                return text ?? (map.Optional
                    ? null
                    : throw CreateConfigError($"couldn't find key {map.Key} in ConfigMap {pod.Metadata.Namespace}/{map.Name}"));
            case { SecretKeyRef: { } secret }:
                var bytes = configuration.FindSecret(secret.Name)?.GetContent().GetValueOrDefault(secret.Key);
                if (bytes is not null)
                {
                    return Encoding.UTF8.GetString(bytes);
                }

                return secret.Optional
                    ? null
                    : throw CreateConfigError($"couldn't find key {secret.Key} in Secret {pod.Metadata.Namespace}/{secret.Name}");
            default:
                return "";
        }
    }

    private static ContainerStartException CreateConfigError(string message) =>
        new("CreateContainerConfigError", message, staysWaiting: true);
}
