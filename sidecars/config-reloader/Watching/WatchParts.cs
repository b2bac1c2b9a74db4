using ConfigReloader.Rendering;
using ConfigReloader.Sources;
using ConfigReloader.Targets;

namespace ConfigReloader.Watching;

/// <summary>The configured parts of a watch.</summary>
/// <param name="Name">Its configured name.</param>
/// <param name="Source">The watched directory or file.</param>
/// <param name="Renderer">Renders the content before the target is notified, or null.</param>
/// <param name="Target">The application to notify, or null if files are only rendered.</param>
/// <param name="Debounce">Quiet period after a change.</param>
/// <param name="PollInterval">Maximum time between two reads.</param>
/// <param name="NotifyAtStart">Whether the content at the start is delivered too.</param>
/// <param name="RetryDelay">Delay after the first failed attempt.</param>
/// <param name="MaxRetryDelay">Maximum delay.</param>
internal sealed record WatchParts(
    string Name,
    WatchedSource Source,
    Renderer? Renderer,
    ITarget? Target,
    TimeSpan Debounce,
    TimeSpan PollInterval,
    bool NotifyAtStart,
    TimeSpan RetryDelay,
    TimeSpan MaxRetryDelay)
{
    /// <summary>Creates the parts from the options of a watch.</summary>
    public static WatchParts FromOptions(string name, WatchOptions options, HttpClient client, TimeProvider time) => new(
        name,
        options.Source,
        CreateRenderer(options, time),
        CreateTarget(options.Target, client, time),
        options.Debounce,
        options.PollInterval,
        options.NotifyAtStart,
        options.Target.RetryDelay,
        options.Target.MaxRetryDelay);

    private static Renderer? CreateRenderer(WatchOptions options, TimeProvider time) => string.IsNullOrEmpty(options.Render.To)
        ? null
        : Renderer.CreateForPath(options.Render.To, isFile: !string.IsNullOrEmpty(options.File), time);

    private static ITarget? CreateTarget(TargetOptions options, HttpClient client, TimeProvider time)
    {
        ITarget? target = null;
        if (options.Url is not null)
        {
            target = new HttpTarget(options.Url, options.Timeout, client, time);
        }
        else if (!string.IsNullOrEmpty(options.Signal))
        {
            target = CreateSignalTarget(options, options.Signal);
        }

        return target is not null && options.StatusUrl is not null
            ? new ConfirmedTarget(target, options.StatusUrl, options.ConfirmWithin, client, time)
            : target;
    }

    private static SignalTarget CreateSignalTarget(TargetOptions options, string signalName)
    {
        var signal = ReloadSignal.FindByName(signalName) ?? throw new ArgumentException($"unknown signal {signalName}", nameof(signalName));
        var processes = new ProcessTable();
        var finder = new ProcessFinder(
            string.IsNullOrEmpty(options.ProcessName) ? null : options.ProcessName,
            string.IsNullOrEmpty(options.PidFile) ? null : options.PidFile,
            options.AllowPid1,
            processes);
        return new SignalTarget(signal, finder, processes);
    }
}
