using System.ComponentModel.DataAnnotations;

namespace LogTailer.Follow;

/// <summary>How the files are read.</summary>
public sealed class TailOptions : IValidatable
{
    /// <summary>
    /// A log that is served over HTTP, to follow instead of a file: an agent's <c>http://localhost:8001/logs</c>. Where only the
    /// server is named, the path is <c>/logs</c>. Default: none, <c>LOG_FILE</c> is followed.
    /// </summary>
    public Uri? Url { get; set; }

    /// <summary>
    /// Where to begin in files that stand there at the very first start: <c>beginning</c> (default) or <c>end</c>.
    /// A checkpoint always wins, and files that appear later are read whole.
    /// </summary>
    public TailStart From { get; set; } = TailStart.Beginning;

    /// <summary>The longest line in bytes that is shipped whole; a longer one is cut, marked and counted. Default 1 MiB.</summary>
    [Range(64, 256 * 1024 * 1024)]
    public int MaxLineBytes { get; set; } = 1024 * 1024;

    /// <summary>How long a renamed or deleted file is still listened to after its last line. Default 5 s.</summary>
    public TimeSpan RotateWait { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often to look where nothing announces changes, as on network mounts. Default 250 ms. While they are announced and all
    /// is at rest every fourth look is enough.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Ship what stands there, see it acknowledged, write the checkpoint and exit 0. Default false: follow for ever.</summary>
    public bool UntilEnd { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (PollInterval <= TimeSpan.Zero)
        {
            yield return new ConfigurationError($"{path}PollInterval", PollInterval.ToString(), "Give a time longer than 0, such as 250ms.");
        }
    }
}
