using ConfigReloader.Watching;

namespace ConfigReloader;

/// <summary>The configuration of the config reloader.</summary>
internal sealed partial class ConfigReloaderOptions : ContainerOptions, IValidatable
{
    private const int MaxNameLength = 63;

    public ConfigReloaderOptions() => Management.Port = 8004;

    /// <summary>The watches by name, such as <c>Watches:agent:Directory</c>. Metrics and <c>/statusz</c> show the names.</summary>
    public Dictionary<string, WatchOptions> Watches { get; set; } = [];

    /// <summary>Render everything once and exit, as an init container. Notifies no target and opens no port. Default false.</summary>
    public bool Once { get; set; }

    /// <summary>
    /// File that stores what was delivered, on a volume that outlives this container (an emptyDir), so that a change during a
    /// restart of the container is delivered afterwards. No default: the content at the start counts as delivered.
    /// </summary>
    public string? StateFile { get; set; }

    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Watches.Count == 0)
        {
            yield return new(
                "Watches",
                null,
                "is required. Set at least one watch, such as Watches:agent:Directory=/etc/agent and "
                    + "Watches:agent:Target:Url=http://localhost:8001/-/reload.");
        }

        foreach (var name in Watches.Keys.Where(name => !IsValidName(name)))
        {
            yield return new($"Watches:{name}", null, $"is not a valid name. Use 1 to {MaxNameLength} letters, digits, '.', '-', '_'.");
        }

        if (Once && Watches.Count > 0 && Watches.Values.All(watch => string.IsNullOrEmpty(watch.Render.To)))
        {
            yield return new("Once", "true", "requires a watch with Render:To. Set it, or remove Once.");
        }

        var shared = Watches
            .Where(watch => !string.IsNullOrEmpty(watch.Value.Render.To))
            .GroupBy(watch => Path.GetFullPath(watch.Value.Render.To!))
            .Where(group => group.Count() > 1);
        foreach (var group in shared)
        {
            yield return new(
                $"Watches:{group.Last().Key}:Render:To",
                group.Key,
                $"is also the output of {group.First().Key}. Use a separate output for each watch.");
        }
    }

    private static bool IsValidName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
