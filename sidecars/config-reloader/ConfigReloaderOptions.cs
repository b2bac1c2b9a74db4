using ConfigReloader.Watching;

namespace ConfigReloader;

/// <summary>What the config reloader can be told.</summary>
internal sealed class ConfigReloaderOptions : ContainerOptions, IValidatable
{
    private const int MaxNameLength = 63;

    public ConfigReloaderOptions() => Management.Port = 8004;

    /// <summary>What is watched, each under a name of its own that metrics and <c>/statusz</c> show: <c>Watches:agent:Directory</c>.</summary>
    public Dictionary<string, WatchOptions> Watches { get; set; } = [];

    /// <summary>Render everything once and end with exit code 0, as an init container. Nobody is told, no port is opened. Default false.</summary>
    public bool Once { get; set; }

    /// <summary>
    /// File that remembers what was delivered, on a volume that outlives this container (an emptyDir), so that a change
    /// during its restart is delivered after it. No default: what is there at the start counts as known.
    /// </summary>
    public string? StateFile { get; set; }

    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Watches.Count == 0)
        {
            yield return new("Watches", null, "is required: at least one, such as Watches:agent:Directory=/etc/agent and Watches:agent:Target:Url=http://localhost:8001/-/reload.");
        }

        foreach (var name in Watches.Keys.Where(name => !IsGood(name)))
        {
            yield return new($"Watches:{name}", null, $"is a bad name: 1 to {MaxNameLength} letters, digits, '.', '-', '_'.");
        }

        if (Once && Watches.Count > 0 && Watches.Values.All(watch => string.IsNullOrEmpty(watch.Render.To)))
        {
            yield return new("Once", "true", "renders once and ends, and no watch has Render:To. Set it, or leave Once out.");
        }

        var shared = Watches
            .Where(watch => !string.IsNullOrEmpty(watch.Value.Render.To))
            .GroupBy(watch => System.IO.Path.GetFullPath(watch.Value.Render.To!))
            .Where(group => group.Count() > 1);
        foreach (var group in shared)
        {
            yield return new($"Watches:{group.Last().Key}:Render:To", group.Key, $"is also the output of {group.First().Key}. Give each its own.");
        }
    }

    private static bool IsGood(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
