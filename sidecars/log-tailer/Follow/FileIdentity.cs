namespace LogTailer.Follow;

/// <summary>What a file keeps when it is renamed: the device it lies on and its inode there (on Windows volume and file index).</summary>
/// <remarks>An inode is used again once its file is gone, so an identity is only believed together with a <see cref="Fingerprint"/>.</remarks>
internal readonly record struct FileIdentity(ulong Device, ulong Inode);
