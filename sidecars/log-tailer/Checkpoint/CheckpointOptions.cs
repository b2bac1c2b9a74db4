namespace LogTailer.Checkpoint;

/// <summary>Where it is kept how far each sink has come.</summary>
public sealed class CheckpointOptions
{
    /// <summary>The checkpoint file. Default: <c>.log-tailer/checkpoint.json</c> in the log's directory.</summary>
    public string Path { get; set; } = "";

    /// <summary>How long an acknowledgement may wait to be written down, which bounds what a SIGKILL makes to be sent twice. Default 200 ms.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(200);
}
