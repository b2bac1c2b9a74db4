namespace ConfigReloader.Sources;

/// <summary>One regular file of a snapshot.</summary>
/// <param name="Name">Path below the watched directory, with <c>/</c>; the file name if a single file is watched.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Content">The bytes; empty if the snapshot was read only for comparison.</param>
internal readonly record struct SourceFile(string Name, long Length, ReadOnlyMemory<byte> Content);
