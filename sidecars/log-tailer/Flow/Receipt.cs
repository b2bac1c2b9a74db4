using LogTailer.Follow;

namespace LogTailer.Flow;

/// <summary>What is acknowledged once some lines of a file have arrived.</summary>
/// <param name="File">The file.</param>
/// <param name="End">Where reading goes on after them.</param>
/// <param name="Bytes">How much of the file they are.</param>
/// <param name="Lines">How many lines.</param>
/// <param name="CutLines">How many of them were cut.</param>
/// <param name="Written">When the file was last written to as of the reading.</param>
internal readonly record struct Receipt(FollowedFile File, long End, long Bytes, int Lines, int CutLines, DateTime Written);
