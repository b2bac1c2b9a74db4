
namespace ConfigReloader.Targets;

/// <summary>The application to notify of a change: by HTTP (<see cref="Url"/>) or by a signal (<see cref="Signal"/>).</summary>
internal sealed class TargetOptions : IValidatable
{
    /// <summary>URL for an empty <c>POST</c>, such as <c>http://localhost:8001/-/reload</c>; 2xx is expected. No default.</summary>
    public Uri? Url { get; set; }

    /// <summary>Timeout for the response to the <c>POST</c>. Default 30 s: a reload may take time.</summary>
    [DurationRange("00:00:00.010", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Signal that is sent to the process: HUP, INT, QUIT, USR1, USR2, TERM or WINCH, with or without SIG. No default.</summary>
    public string? Signal { get; set; }

    /// <summary>
    /// Name of the process: as <c>ps</c> shows it, the file name of its program, or, for interpreters such as <c>dotnet</c> and
    /// <c>python</c>, the file name of the script or assembly. Together with <see cref="PidFile"/> it verifies that the process id
    /// is not stale.
    /// </summary>
    public string? ProcessName { get; set; }

    /// <summary>File with the process id, on a volume that both containers mount.</summary>
    public string? PidFile { get; set; }

    /// <summary>Allow sending the signal to process 1, the Pod's pause process in a shared process namespace. Default false.</summary>
    public bool AllowPid1 { get; set; }

    /// <summary>
    /// The application's status page, such as <c>http://localhost:8001/statusz</c>. Its configuration generation is compared before
    /// and after a delivery, which detects an application that ignores the notification. No default: not compared.
    /// </summary>
    public Uri? StatusUrl { get; set; }

    /// <summary>How long the application may take to show a new generation at <see cref="StatusUrl"/>. Default 10 s.</summary>
    [DurationRange("00:00:00", "01:00:00")]
    public TimeSpan ConfirmWithin { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Delay after the first failed attempt; doubled each time. Default 500 ms.</summary>
    [DurationRange("00:00:00.010", "01:00:00")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest delay between two attempts. Attempts continue until one succeeds. Default 30 s.</summary>
    [DurationRange("00:00:00.010", "01:00:00")]
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a target is configured.</summary>
    internal bool IsSet => Url is not null || !string.IsNullOrEmpty(Signal);

    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Url is not null && !string.IsNullOrEmpty(Signal))
        {
            yield return new(
                $"{path}Signal",
                Signal,
                $"cannot be combined with {path}Url. Keep one; a second watch of the same directory can use the other.");
        }

        if (!string.IsNullOrEmpty(Signal))
        {
            if (ReloadSignal.FindByName(Signal) is null)
            {
                yield return new($"{path}Signal", Signal, $"is not a supported signal. Supported: {ReloadSignal.SupportedNames}.");
            }

            if (string.IsNullOrEmpty(ProcessName) && string.IsNullOrEmpty(PidFile))
            {
                yield return new(
                    $"{path}ProcessName", null, $"is required with {path}Signal. Set the name of the process, or {path}PidFile.");
            }
        }
        else if (!string.IsNullOrEmpty(ProcessName) || !string.IsNullOrEmpty(PidFile))
        {
            yield return new(
                $"{path}Signal", null, $"is required with {path}ProcessName or {path}PidFile. Set the signal to send, such as HUP.");
        }

        if (!IsSet && StatusUrl is not null)
        {
            yield return new($"{path}StatusUrl", StatusUrl.ToString(), $"needs a target. Set {path}Url or {path}Signal.");
        }
    }
}
