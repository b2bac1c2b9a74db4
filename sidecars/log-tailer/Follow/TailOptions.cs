using System.ComponentModel.DataAnnotations;

namespace LogTailer.Follow;

/// <summary>How the log is read.</summary>
public sealed class TailOptions : IValidatable
{
    /// <summary>
    /// A log served over HTTP that is followed instead of a file, such as an agent's <c>http://localhost:8001/logs</c>. When the URL has no
    /// path, <c>/logs</c> is used. Default: none, <c>LOG_FILE</c> is followed.
    /// </summary>
    public Uri? Url { get; set; }

    /// <summary>
    /// Where reading starts in files that exist at the very first start: <c>beginning</c> (default) or <c>end</c>. A checkpoint takes
    /// precedence, and files that appear later are read from their first byte.
    /// </summary>
    public TailStart From { get; set; } = TailStart.Beginning;

    /// <summary>
    /// The length in bytes up to which lines are shipped complete; longer ones are truncated, marked and counted. Default 1 MiB.
    /// </summary>
    [Range(64, 256 * 1024 * 1024)]
    public int MaxLineBytes { get; set; } = 1024 * 1024;

    /// <summary>How long a renamed or deleted file is kept open after its last line. Default 5 s.</summary>
    public TimeSpan RotateWait { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The interval between scans for changes without a notification, as on network mounts. Default 250 ms. While notifications work
    /// and there is nothing to read, scans are four times less frequent.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Ship the lines that exist now, wait for their acknowledgement, write the checkpoint and exit with 0. Default false: keep
    /// following.
    /// </summary>
    public bool UntilEnd { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (PollInterval <= TimeSpan.Zero)
        {
            yield return new ConfigurationError(
                $"{path}PollInterval", PollInterval.ToString(), "Set a duration greater than 0, such as 250ms.");
        }
    }
}
