namespace LogTailer.Flow;

/// <summary>What happens while the sink takes nothing.</summary>
public enum WhenFull
{
    /// <summary>Reading stops; the file is the buffer.</summary>
    Wait,

    /// <summary>New lines are dropped, and counted.</summary>
    Drop,
}
