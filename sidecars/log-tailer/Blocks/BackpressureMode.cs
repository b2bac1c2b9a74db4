namespace LogTailer.Blocks;

/// <summary>The behavior while the sink accepts no lines.</summary>
public enum BackpressureMode
{
    /// <summary>Reading stops; the file is the buffer.</summary>
    Wait,

    /// <summary>New lines are dropped and counted.</summary>
    Drop,
}
