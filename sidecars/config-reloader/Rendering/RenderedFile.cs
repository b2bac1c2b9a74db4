using ConfigReloader.Watching;

namespace ConfigReloader.Rendering;

/// <summary>One rendered file: written beside its place, flushed to the disk, renamed over the old one.</summary>
internal sealed class RenderedFile(string path) : IRenderedOutput
{
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public bool Exists => File.Exists(Path);

    public bool Replace(IReadOnlyList<SourceFile> files)
    {
        var content = files.Single().Content;
        if (Holds(Path, content))
        {
            return false;
        }

        var directory = System.IO.Path.GetDirectoryName(Path) ?? "/";
        Directory.CreateDirectory(directory);
        var temporary = System.IO.Path.Combine(directory, "." + System.IO.Path.GetFileName(Path) + ".new");
        Write(temporary, content);
        File.Move(temporary, Path, overwrite: true);
        return true;
    }

    internal static bool Holds(string path, ReadOnlyMemory<byte> content) =>
        new FileInfo(path) is { Exists: true } file &&
        file.Length == content.Length &&
        File.ReadAllBytes(path).AsSpan().SequenceEqual(content.Span);

    internal static void Write(string path, ReadOnlyMemory<byte> content)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        stream.Write(content.Span);
        stream.Flush(flushToDisk: true);
    }
}
