namespace LogTailer.Follow;

/// <summary>Where reading starts in a file without a checkpoint.</summary>
public enum TailStart
{
    /// <summary>At the first byte.</summary>
    Beginning,

    /// <summary>At the first line that is completed after the start of the process.</summary>
    End,
}
