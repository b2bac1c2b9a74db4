namespace LogTailer.Checkpoint;

/// <summary>Where and how often the acknowledged positions of each sink are stored.</summary>
public sealed class CheckpointOptions : IValidatable
{
    /// <summary>The checkpoint file. Default: <c>.log-tailer/checkpoint.json</c> in the directory of the log.</summary>
    public string Path { get; set; } = "";

    /// <summary>
    /// The maximum time between an acknowledgement and the checkpoint that contains it. After a SIGKILL, lines acknowledged within this
    /// time are shipped a second time. Default 200 ms.
    /// </summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Interval <= TimeSpan.Zero)
        {
            yield return new ConfigurationError($"{path}Interval", Interval.ToString(), "Set a duration greater than 0, such as 200ms.");
        }
    }
}
