using Microsoft.Win32.SafeHandles;

namespace LogTailer.Files;

/// <summary>One followed file and the position of one sink in it.</summary>
/// <remarks>
/// Only the follower changes it, except for <see cref="AcknowledgeUpTo"/>, which the sink's side calls. When the content is replaced
/// (truncation, reused inode) the follower creates a new object, so that late acknowledgements of the old content have no effect.
/// </remarks>
internal sealed class FollowedFile(string path, FileIdentity identity, Fingerprint fingerprint, long offset)
{
    private long _acknowledged = offset;
    private long _size;

    /// <summary>The path at the last scan.</summary>
    public string Path { get; set; } = path;

    public FileIdentity Identity { get; } = identity;

    public Fingerprint Fingerprint { get; set; } = fingerprint;

    /// <summary>The open file; null while the file is closed because it has no unread lines.</summary>
    public SafeFileHandle? Handle { get; set; }

    /// <summary>Everything before this offset was passed to the sink; always just past a line end.</summary>
    public long ReadOffset { get; set; } = offset;

    /// <summary>There is no line end between <see cref="ReadOffset"/> and this offset, so the search for one continues here.</summary>
    public long ScannedTo { get; set; }

    /// <summary>The size in bytes at the last check.</summary>
    public long Size { get => Volatile.Read(ref _size); set => Volatile.Write(ref _size, value); }

    /// <summary>The modification time at the last check.</summary>
    public DateTime Modified { get; set; }

    /// <summary>Size and modification time when the fingerprint was last verified.</summary>
    public (long Size, DateTime Modified) Verified { get; set; }

    /// <summary>When a scan no longer found the file under the path or glob (a time provider's timestamp); null until then.</summary>
    public long? RotatedAt { get; set; }

    /// <summary>Whether the file was deleted: it no longer has a name.</summary>
    public bool IsDeleted { get; set; }

    /// <summary>Whether lines were dropped, and no block has passed the new offset to the sink's side yet.</summary>
    public bool HasUnreportedDrop { get; set; }

    /// <summary>The offset at which reading stops during shutdown or with <c>Tail:UntilEnd</c>; null before that.</summary>
    public long? StopOffset { get; set; }

    /// <summary>Everything before this offset was acknowledged by the sink.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>The bytes in the file that are not acknowledged yet.</summary>
    public long Lag => Math.Max(0, Size - Acknowledged);

    /// <summary>Whether everything that was passed to the sink has been acknowledged.</summary>
    public bool IsFullyAcknowledged => Acknowledged == ReadOffset;

    /// <summary>Records that the sink has everything before <paramref name="offset"/>. Called on any thread.</summary>
    public void AcknowledgeUpTo(long offset) => Volatile.Write(ref _acknowledged, offset);

    /// <summary>Moves the read position to <paramref name="offset"/>.</summary>
    public void AdvanceTo(long offset)
    {
        ReadOffset = offset;
        ScannedTo = offset;
    }

    /// <summary>Closes the file; it can be opened again.</summary>
    public void CloseHandle()
    {
        Handle?.Dispose();
        Handle = null;
    }
}
