namespace LogTailer.Follow.Changes;

/// <summary>The kind of change in a watched directory.</summary>
internal enum FileChange
{
    /// <summary>No change was detected.</summary>
    None,

    /// <summary>A file was written to.</summary>
    Content,

    /// <summary>A file was created, deleted or renamed, and perhaps also written to.</summary>
    Names,
}
