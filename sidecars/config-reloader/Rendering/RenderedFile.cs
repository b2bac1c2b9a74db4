using ConfigReloader.Sources;

namespace ConfigReloader.Rendering;

/// <summary>One rendered file: written to a temporary file in the same directory, flushed to disk, renamed over the old one.</summary>
internal sealed class RenderedFile(string path) : IRenderedOutput
{
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public bool Exists => File.Exists(Path);

    public bool ReplaceContent(IReadOnlyList<SourceFile> files)
    {
        var content = files.Single().Content;
        if (HasSameContent(Path, content))
        {
            return false;
        }

        var directory = System.IO.Path.GetDirectoryName(Path) ?? "/";
        Directory.CreateDirectory(directory);
        var temporary = System.IO.Path.Combine(directory, "." + System.IO.Path.GetFileName(Path) + ".new");
        WriteDurably(temporary, content);
        File.Move(temporary, Path, overwrite: true);
        return true;
    }

    internal static bool HasSameContent(string path, ReadOnlyMemory<byte> content) =>
        new FileInfo(path) is { Exists: true } file &&
        file.Length == content.Length &&
        File.ReadAllBytes(path).AsSpan().SequenceEqual(content.Span);

    internal static void WriteDurably(string path, ReadOnlyMemory<byte> content)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        stream.Write(content.Span);
        stream.Flush(flushToDisk: true);
    }
}
