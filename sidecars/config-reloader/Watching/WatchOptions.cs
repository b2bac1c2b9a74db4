using ConfigReloader.Rendering;
using ConfigReloader.Sources;
using ConfigReloader.Targets;

namespace ConfigReloader.Watching;

/// <summary>One watched directory or file, and the target that is notified of its changes.</summary>
internal sealed class WatchOptions : IValidatable
{
    /// <summary>
    /// Directory whose files are watched, at any depth: the mount path of the ConfigMap or Secret. Either this or <see cref="File"/>.
    /// </summary>
    public string? Directory { get; set; }

    /// <summary>A single watched file; other files in its directory are ignored. Either this or <see cref="Directory"/>.</summary>
    public string? File { get; set; }

    /// <summary>The application to notify. Optional if files are only rendered.</summary>
    public TargetOptions Target { get; set; } = new();

    /// <summary>Replaces placeholders by environment variables before the target is notified.</summary>
    public RenderOptions Render { get; set; } = new();

    /// <summary>Quiet period after a change before it is processed. Default 250 ms.</summary>
    [DurationRange("00:00:00", "00:10:00")]
    public TimeSpan Debounce { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the source is read without a kernel notification; not every file system sends them. Default 10 s.</summary>
    [DurationRange("00:00:00.010", "1.00:00:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Notify the target once at the start. Default false: as a native sidecar, this process runs before the application reads its
    /// configuration. Set it if the application may start first.
    /// </summary>
    public bool NotifyAtStart { get; set; }

    internal WatchedSource Source =>
        string.IsNullOrEmpty(File) ? WatchedSource.ForDirectory(Directory ?? "") : WatchedSource.ForFile(File);

    public IEnumerable<ConfigurationError> Validate(string path)
    {
        var hasDirectory = !string.IsNullOrEmpty(Directory);
        var hasFile = !string.IsNullOrEmpty(File);
        if (hasDirectory == hasFile)
        {
            yield return new(
                $"{path}Directory",
                Directory,
                hasFile
                    ? $"cannot be combined with {path}File. Keep one."
                    : $"or {path}File is required. Set the directory or file to watch.");
        }

        var renders = !string.IsNullOrEmpty(Render.To);
        if (!Target.IsSet && !renders)
        {
            yield return new(
                $"{path}Target:Url",
                null,
                $"is required, or {path}Target:Signal, or {path}Render:To. Without one of them a change has no effect.");
        }

        if (renders && hasDirectory != hasFile && IsInsideSource(Source.Path, Path.GetFullPath(Render.To!)))
        {
            yield return new(
                $"{path}Render:To",
                Render.To,
                "is inside the watched directory, so rendering would itself be a change. Render into another volume.");
        }
    }

    private static bool IsInsideSource(string watched, string rendered) =>
        rendered == watched || rendered.StartsWith(watched.TrimEnd('/') + "/", StringComparison.Ordinal);
}
