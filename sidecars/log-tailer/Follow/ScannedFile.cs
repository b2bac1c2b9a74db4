using LogTailer.Files;

namespace LogTailer.Follow;

/// <summary>A file that a scan found under the pattern.</summary>
/// <param name="Path">The path.</param>
/// <param name="Stat">The metadata at that moment.</param>
internal readonly record struct ScannedFile(string Path, FileStat Stat);
