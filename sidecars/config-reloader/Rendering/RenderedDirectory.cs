using System.Globalization;
using ConfigReloader.Watching;

namespace ConfigReloader.Rendering;

/// <summary>
/// A rendered directory, laid out as the kubelet lays out a ConfigMap: the files in a directory of their own, the link
/// <c>..data</c> to it, and <c>name -> ..data/name</c> for what the reader opens. Renaming a new <c>..data</c> over the
/// old one changes every file at once.
/// </summary>
internal sealed class RenderedDirectory(string path, TimeProvider time) : IRenderedOutput
{
    private const string NewLink = "..data_new";

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public bool Exists => Current is not null;

    private string DataLink => System.IO.Path.Combine(Path, Source.DataLink);

    /// <summary>The directory that is in force, or null.</summary>
    private string? Current =>
        new FileInfo(DataLink).LinkTarget is { } target && System.IO.Path.Combine(Path, target) is var directory && Directory.Exists(directory)
            ? directory
            : null;

    public bool Replace(IReadOnlyList<SourceFile> files)
    {
        Directory.CreateDirectory(Path);
        var current = Current;
        if (current is not null && Holds(current, files))
        {
            LinkNames(files);
            return false;
        }

        var name = ".." + time.GetUtcNow().ToString("yyyy_MM_dd_HH_mm_ss.fffffff", CultureInfo.InvariantCulture);
        var next = System.IO.Path.Combine(Path, name);
        try
        {
            foreach (var file in files)
            {
                var target = System.IO.Path.Combine(next, file.Name);
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target) ?? next);
                RenderedFile.Write(target, file.Content);
            }

            Directory.CreateDirectory(next);
            var newLink = System.IO.Path.Combine(Path, NewLink);
            File.Delete(newLink);
            File.CreateSymbolicLink(newLink, name);
            AtomicRename.Over(newLink, DataLink);
        }
        catch
        {
            // The old state is still in force; a half of the new one must not fill the volume.
            Remove(next);
            throw;
        }

        LinkNames(files);
        RemoveOthers(name);
        return true;
    }

    private static bool Holds(string directory, IReadOnlyList<SourceFile> files)
    {
        var held = Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Count();
        return held == files.Count && files.All(file => RenderedFile.Holds(System.IO.Path.Combine(directory, file.Name), file.Content));
    }

    /// <summary>The visible names: one link for each first part of a file's name, and none that dangles.</summary>
    private void LinkNames(IReadOnlyList<SourceFile> files)
    {
        var names = files.Select(file => file.Name.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var entry in new DirectoryInfo(Path).EnumerateFileSystemInfos())
        {
            var ours = entry.LinkTarget == $"{Source.DataLink}/{entry.Name}";
            if (ours && !names.Remove(entry.Name))
            {
                entry.Delete();
            }
        }

        foreach (var name in names)
        {
            File.CreateSymbolicLink(System.IO.Path.Combine(Path, name), $"{Source.DataLink}/{name}");
        }
    }

    /// <summary>Directories of earlier renderings, also of one that was killed half-way.</summary>
    private void RemoveOthers(string inForce)
    {
        foreach (var directory in Directory.EnumerateDirectories(Path, "..2*"))
        {
            if (System.IO.Path.GetFileName(directory) != inForce)
            {
                Remove(directory);
            }
        }
    }

    private static void Remove(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Unused either way; the next rendering tries again.
        }
    }
}
