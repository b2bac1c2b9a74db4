using LogTailer.Files;

namespace LogTailer.Checkpoint;

/// <summary>The position of one sink in one file, as stored in the checkpoint.</summary>
/// <param name="Path">The path of the file at that time.</param>
/// <param name="Identity">Device and inode.</param>
/// <param name="Fingerprint">The digest of the first bytes of the file, which detects a reused inode.</param>
/// <param name="Offset">The bytes acknowledged by the sink, always just past a line end.</param>
internal readonly record struct CheckpointedPosition(string Path, FileIdentity Identity, Fingerprint Fingerprint, long Offset)
{
    /// <summary>The acknowledged position in a file.</summary>
    public static CheckpointedPosition FromFile(FollowedFile file) => new(file.Path, file.Identity, file.Fingerprint, file.Acknowledged);
}
