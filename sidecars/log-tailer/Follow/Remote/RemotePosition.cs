namespace LogTailer.Follow.Remote;

/// <summary>Positions that can be requested without knowing the server's files.</summary>
internal static class RemotePosition
{
    /// <summary>The oldest line that the server has.</summary>
    public const string Oldest = "oldest";

    /// <summary>The end of the log.</summary>
    public const string End = "end";
}
