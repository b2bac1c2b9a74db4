namespace ConfigReloader.Watching;

/// <summary>One regular file of a snapshot.</summary>
/// <param name="Name">Path below the watched directory, with <c>/</c>; of a watched file its name.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Content">The bytes, or empty where the snapshot was only to be compared.</param>
internal readonly record struct SourceFile(string Name, long Length, ReadOnlyMemory<byte> Content);
