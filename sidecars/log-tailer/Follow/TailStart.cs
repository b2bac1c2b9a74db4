namespace LogTailer.Follow;

/// <summary>Where to begin in a file without a checkpoint.</summary>
public enum TailStart
{
    /// <summary>With its first byte.</summary>
    Beginning,

    /// <summary>With the first line that is complete only after the start.</summary>
    End,
}
