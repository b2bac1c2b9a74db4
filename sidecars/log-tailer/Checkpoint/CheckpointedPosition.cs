using LogTailer.Follow;

namespace LogTailer.Checkpoint;

/// <summary>Where one sink stands in one file, as written down.</summary>
/// <param name="Path">The name that the file had.</param>
/// <param name="Identity">Device and inode.</param>
/// <param name="Fingerprint">Of the file's first bytes, against inode reuse.</param>
/// <param name="Offset">Bytes acknowledged by the sink, always just past a line's end.</param>
internal readonly record struct CheckpointedPosition(string Path, FileIdentity Identity, Fingerprint Fingerprint, long Offset);
