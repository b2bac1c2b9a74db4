namespace LogTailer.Files;

/// <summary>The identity of a file, which survives a rename: its device and inode (on Windows, volume and file index).</summary>
/// <remarks>
/// The file system reuses the inode of a deleted file, so an identity is used only together with a <see cref="Fingerprint"/>.
/// </remarks>
internal readonly record struct FileIdentity(ulong Device, ulong Inode);
