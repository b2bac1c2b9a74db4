using LogTailer.Files;

namespace LogTailer.Blocks;

/// <summary>The acknowledgement for consecutive lines of a file, given when the sink has delivered them.</summary>
/// <param name="File">The file.</param>
/// <param name="End">The offset just past the lines, where reading continues after a restart.</param>
/// <param name="Bytes">The size of the lines in the file.</param>
/// <param name="Lines">The number of lines.</param>
/// <param name="TruncatedLines">The number of lines that were truncated.</param>
/// <param name="ModifiedAt">The modification time of the file when the lines were read.</param>
internal readonly record struct LineReceipt(FollowedFile File, long End, long Bytes, int Lines, int TruncatedLines, DateTime ModifiedAt);
