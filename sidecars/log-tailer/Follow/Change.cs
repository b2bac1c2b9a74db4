namespace LogTailer.Follow;

/// <summary>What has happened in a watched directory.</summary>
internal enum Change
{
    /// <summary>Nothing that was noticed.</summary>
    None,

    /// <summary>A file was written to.</summary>
    Content,

    /// <summary>A file came, went or was renamed (and perhaps written to).</summary>
    Names,
}
