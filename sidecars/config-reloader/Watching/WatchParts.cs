using ConfigReloader.Rendering;
using ConfigReloader.Targets;

namespace ConfigReloader.Watching;

/// <summary>What a watch is made of.</summary>
/// <param name="Name">Its configured name.</param>
/// <param name="Source">What is watched.</param>
/// <param name="Renderer">What is done with it before anyone is told, or null.</param>
/// <param name="Target">Who is told, or null where files are only rendered.</param>
/// <param name="Debounce">Quiet after a change.</param>
/// <param name="PollInterval">Longest time without a look.</param>
/// <param name="NotifyAtStart">Whether what is there at the start is told too.</param>
/// <param name="RetryDelay">Wait after the first failed attempt.</param>
/// <param name="MaxRetryDelay">Longest wait.</param>
internal sealed record WatchParts(
    string Name,
    Source Source,
    Renderer? Renderer,
    ITarget? Target,
    TimeSpan Debounce,
    TimeSpan PollInterval,
    bool NotifyAtStart,
    TimeSpan RetryDelay,
    TimeSpan MaxRetryDelay)
{
    /// <summary>Puts a watch together as it is configured.</summary>
    public static WatchParts From(string name, WatchOptions options, HttpClient client, TimeProvider time) => new(
        name,
        options.Source,
        string.IsNullOrEmpty(options.Render.To) ? null : Renderer.To(options.Render.To, !string.IsNullOrEmpty(options.File), time),
        TargetOf(options.Target, client, time),
        options.Debounce,
        options.PollInterval,
        options.NotifyAtStart,
        options.Target.RetryDelay,
        options.Target.MaxRetryDelay);

    private static ITarget? TargetOf(TargetOptions options, HttpClient client, TimeProvider time)
    {
        ITarget? target = null;
        if (options.Url is not null)
        {
            target = new HttpTarget(options.Url, options.Timeout, client, time);
        }
        else if (!string.IsNullOrEmpty(options.Signal))
        {
            target = new SignalTarget(
                ReloadSignal.Find(options.Signal) ?? throw new ArgumentException($"unknown signal {options.Signal}", nameof(options)),
                string.IsNullOrEmpty(options.ProcessName) ? null : options.ProcessName,
                string.IsNullOrEmpty(options.PidFile) ? null : options.PidFile,
                options.AllowPid1,
                new ProcessTable());
        }

        return target is not null && options.StatusUrl is not null
            ? new ConfirmedTarget(target, options.StatusUrl, options.ConfirmWithin, client, time)
            : target;
    }
}
