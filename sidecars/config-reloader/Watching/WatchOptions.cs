using System.ComponentModel.DataAnnotations;
using ConfigReloader.Rendering;
using ConfigReloader.Targets;

namespace ConfigReloader.Watching;

/// <summary>One place that is watched, and who is told.</summary>
internal sealed class WatchOptions : IValidatable
{
    /// <summary>Directory whose files, at any depth, are watched: where the ConfigMap or Secret is mounted. This or <see cref="File"/>.</summary>
    public string? Directory { get; set; }

    /// <summary>The one file that is watched; others beside it do not count. This or <see cref="Directory"/>.</summary>
    public string? File { get; set; }

    /// <summary>Who is told. May be left out where files are only rendered.</summary>
    public TargetOptions Target { get; set; } = new();

    /// <summary>Replace environment placeholders before anyone is told.</summary>
    public RenderOptions Render { get; set; } = new();

    /// <summary>Quiet that must follow a change before it counts as one. Default 250 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Debounce { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the place is read without a hint from the kernel, which not every file system gives. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Tell the target once at the start. Default false: started as a sidecar, this process is there before the
    /// application reads its configuration. Set it where the application may be the first.
    /// </summary>
    public bool NotifyAtStart { get; set; }

    internal Source Source => string.IsNullOrEmpty(File) ? Source.Directory(Directory ?? "") : Source.File(File);

    public IEnumerable<ConfigurationError> Validate(string path)
    {
        var hasDirectory = !string.IsNullOrEmpty(Directory);
        var hasFile = !string.IsNullOrEmpty(File);
        if (hasDirectory == hasFile)
        {
            yield return new(
                $"{path}Directory", Directory, hasFile ? $"cannot stand beside {path}File. Keep one." : $"or {path}File is required: what is to be watched.");
        }

        var renders = !string.IsNullOrEmpty(Render.To);
        if (!Target.IsSet && !renders)
        {
            yield return new($"{path}Target:Url", null, $"is required, or {path}Target:Signal, or {path}Render:To: nothing would come of a change.");
        }

        if (renders && hasDirectory != hasFile && Overlaps(Source.Path, Path.GetFullPath(Render.To!)))
        {
            yield return new($"{path}Render:To", Render.To, "lies in what is watched, so that rendering would be a change itself. Render into another volume.");
        }
    }

    private static bool Overlaps(string watched, string rendered) =>
        rendered == watched || rendered.StartsWith(watched.TrimEnd('/') + "/", StringComparison.Ordinal);
}
