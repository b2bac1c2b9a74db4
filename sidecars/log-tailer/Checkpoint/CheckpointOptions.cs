
namespace LogTailer.Checkpoint;

/// <summary>Where it is kept how far each sink has come.</summary>
public sealed class CheckpointOptions : IValidatable
{
    /// <summary>The checkpoint file. Default: <c>.log-tailer/checkpoint.json</c> in the log's directory.</summary>
    public string Path { get; set; } = "";

    /// <summary>How long an acknowledgement may wait to be written down, which bounds what a SIGKILL makes to be sent twice. Default 200 ms.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Interval <= TimeSpan.Zero)
        {
            yield return new ConfigurationError($"{path}Interval", Interval.ToString(), "Give a time longer than 0, such as 200ms.");
        }
    }
}
