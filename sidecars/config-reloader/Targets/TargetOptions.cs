using System.ComponentModel.DataAnnotations;

namespace ConfigReloader.Targets;

/// <summary>Who is told of a change: an address (<see cref="Url"/>) or a process (<see cref="Signal"/>).</summary>
internal sealed class TargetOptions : IValidatable
{
    /// <summary>Address that gets an empty <c>POST</c>, such as <c>http://localhost:8001/-/reload</c>; 2xx is expected. No default.</summary>
    public Uri? Url { get; set; }

    /// <summary>How long an answer to the <c>POST</c> may take. Default 30 s: a reload may be work.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Signal that the process gets: HUP, INT, QUIT, USR1, USR2, TERM or WINCH, with or without SIG. No default.</summary>
    public string? Signal { get; set; }

    /// <summary>
    /// Which process: its name as <c>ps</c> shows it, the file name of its program, or of <c>dotnet</c>, <c>python</c> and
    /// the like the file name of what they run. Beside <see cref="PidFile"/>: a check that the number is still its.
    /// </summary>
    public string? ProcessName { get; set; }

    /// <summary>Which process: a file that holds its id, on a volume that both containers mount.</summary>
    public string? PidFile { get; set; }

    /// <summary>Let the signal go to process 1 too. Default false: in a shared process namespace that is the Pod's pause process.</summary>
    public bool AllowPid1 { get; set; }

    /// <summary>
    /// The application's status page, such as <c>http://localhost:8001/statusz</c>: its configuration generation is compared before
    /// and after, so that an application that does not heed is noticed. No default: not compared.
    /// </summary>
    public Uri? StatusUrl { get; set; }

    /// <summary>How long the application may take until <see cref="StatusUrl"/> shows a new generation. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan ConfirmWithin { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Wait after the first failed attempt; doubled each time. Default 500 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest wait between two attempts, of which there is no end until one arrives. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether there is a target at all.</summary>
    internal bool IsSet => Url is not null || !string.IsNullOrEmpty(Signal);

    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Url is not null && !string.IsNullOrEmpty(Signal))
        {
            yield return new($"{path}Signal", Signal, $"cannot stand beside {path}Url. Keep one; a second watch of the same place can have the other.");
        }

        if (!string.IsNullOrEmpty(Signal))
        {
            if (ReloadSignal.Find(Signal) is null)
            {
                yield return new($"{path}Signal", Signal, $"is not a signal for this. Known: {ReloadSignal.Names}.");
            }

            if (string.IsNullOrEmpty(ProcessName) && string.IsNullOrEmpty(PidFile))
            {
                yield return new($"{path}ProcessName", null, $"is required with {path}Signal. Name the process, or set {path}PidFile.");
            }
        }
        else if (!string.IsNullOrEmpty(ProcessName) || !string.IsNullOrEmpty(PidFile))
        {
            yield return new($"{path}Signal", null, "is required where a process is named. Say which signal it gets, such as HUP.");
        }

        if (!IsSet && StatusUrl is not null)
        {
            yield return new($"{path}StatusUrl", StatusUrl.ToString(), $"needs a target. Set {path}Url or {path}Signal.");
        }
    }
}
