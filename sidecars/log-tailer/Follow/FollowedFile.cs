using Microsoft.Win32.SafeHandles;

namespace LogTailer.Follow;

/// <summary>One file and where one sink stands in it.</summary>
/// <remarks>
/// Only the follower changes it, but for <see cref="Acknowledge"/>, which the sink's side calls. When its content is replaced
/// (truncation, a reused inode) the follower puts a fresh object in its place, so that acknowledgements of the old content go nowhere.
/// </remarks>
internal sealed class FollowedFile(string path, FileIdentity identity, Fingerprint fingerprint, long offset)
{
    private long _acknowledged = offset;
    private long _size;

    /// <summary>The name it was last seen under.</summary>
    public string Path { get; set; } = path;

    public FileIdentity Identity { get; } = identity;

    public Fingerprint Fingerprint { get; set; } = fingerprint;

    /// <summary>Open while there is something to read or it may still grow; null while it rests.</summary>
    public SafeFileHandle? Handle { get; set; }

    /// <summary>Everything before it has been handed on; always just past a line's end.</summary>
    public long ReadOffset { get; set; } = offset;

    /// <summary>There is no line's end from <see cref="ReadOffset"/> up to here: where to look for it on from.</summary>
    public long ScannedTo { get; set; }

    /// <summary>Bytes in the file at the last look.</summary>
    public long Size { get => Volatile.Read(ref _size); set => Volatile.Write(ref _size, value); }

    /// <summary>Last write as of the last look.</summary>
    public DateTime Modified { get; set; }

    /// <summary>Size and last write at the time when its content was last seen to be the one that is followed.</summary>
    public (long Size, DateTime Modified) Verified { get; set; }

    /// <summary>Since when it is no longer under the path or glob, as a timestamp of the time provider; null while it is.</summary>
    public long? LeftAt { get; set; }

    /// <summary>Whether the file has no name any more.</summary>
    public bool Deleted { get; set; }

    /// <summary>Whether the offset was moved over dropped lines and no block has told the sink's side yet.</summary>
    public bool SkippedAhead { get; set; }

    /// <summary>In the last stretch (SIGTERM, <c>Tail:UntilEnd</c>): read up to here and no further.</summary>
    public long? ReadUntil { get; set; }

    /// <summary>Everything before it has been acknowledged by the sink.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Bytes that stand in the file and have not been acknowledged.</summary>
    public long Lag => Math.Max(0, Size - Acknowledged);

    /// <summary>Whether all that was handed on has been acknowledged.</summary>
    public bool Settled => Acknowledged == ReadOffset;

    /// <summary>The sink has everything before <paramref name="offset"/>.</summary>
    public void Acknowledge(long offset) => Volatile.Write(ref _acknowledged, offset);

    /// <summary>Closes the file; it can be opened again.</summary>
    public void Close()
    {
        Handle?.Dispose();
        Handle = null;
    }
}
