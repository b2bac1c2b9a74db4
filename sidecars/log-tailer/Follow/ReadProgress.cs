namespace LogTailer.Follow;

/// <summary>The result of reading from files.</summary>
internal enum ReadProgress
{
    /// <summary>There was nothing to read.</summary>
    None,

    /// <summary>Lines were passed to the sink.</summary>
    Some,

    /// <summary>No block is free: the sink is too slow.</summary>
    Blocked,
}
