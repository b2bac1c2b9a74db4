using System.Globalization;
using ConfigReloader.Sources;

namespace ConfigReloader.Rendering;

/// <summary>
/// A rendered directory with the layout of a ConfigMap volume: the files are in a time-stamped directory, the link <c>..data</c>
/// points to it, and <c>name -> ..data/name</c> is what a reader opens. Renaming a new <c>..data</c> over the old one changes all
/// files atomically.
/// </summary>
internal sealed class RenderedDirectory(string path, TimeProvider time) : IRenderedOutput
{
    private const string NewLink = "..data_new";

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public bool Exists => CurrentDirectory is not null;

    private string DataLink => System.IO.Path.Combine(Path, WatchedSource.DataLink);

    /// <summary>The directory that <c>..data</c> points to, or null.</summary>
    private string? CurrentDirectory =>
        new FileInfo(DataLink).LinkTarget is { } target
        && System.IO.Path.Combine(Path, target) is var directory
        && Directory.Exists(directory)
            ? directory
            : null;

    public bool ReplaceContent(IReadOnlyList<SourceFile> files)
    {
        Directory.CreateDirectory(Path);
        var current = CurrentDirectory;
        if (current is not null && HasSameFiles(current, files))
        {
            UpdateVisibleLinks(files);
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
                RenderedFile.WriteDurably(target, file.Content);
            }

            Directory.CreateDirectory(next);
            var newLink = System.IO.Path.Combine(Path, NewLink);
            File.Delete(newLink);
            File.CreateSymbolicLink(newLink, name);
            AtomicRename.ReplacePath(newLink, DataLink);
        }
        catch
        {
            // The old files are still published; the incomplete new directory must not fill the volume.
            TryDeleteDirectory(next);
            throw;
        }

        UpdateVisibleLinks(files);
        DeleteOtherVersions(name);
        return true;
    }

    private static bool HasSameFiles(string directory, IReadOnlyList<SourceFile> files)
    {
        var count = Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Count();
        return count == files.Count
            && files.All(file => RenderedFile.HasSameContent(System.IO.Path.Combine(directory, file.Name), file.Content));
    }

    /// <summary>Creates one link per top-level file or directory, and deletes links that dangle.</summary>
    private void UpdateVisibleLinks(IReadOnlyList<SourceFile> files)
    {
        var names = files.Select(file => file.Name.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var entry in new DirectoryInfo(Path).EnumerateFileSystemInfos())
        {
            var isOwnLink = entry.LinkTarget == $"{WatchedSource.DataLink}/{entry.Name}";
            if (isOwnLink && !names.Remove(entry.Name))
            {
                entry.Delete();
            }
        }

        foreach (var name in names)
        {
            File.CreateSymbolicLink(System.IO.Path.Combine(Path, name), $"{WatchedSource.DataLink}/{name}");
        }
    }

    /// <summary>Deletes directories of earlier renderings, including incomplete ones of a killed process.</summary>
    private void DeleteOtherVersions(string current)
    {
        foreach (var directory in Directory.EnumerateDirectories(Path, "..2*"))
        {
            if (System.IO.Path.GetFileName(directory) != current)
            {
                TryDeleteDirectory(directory);
            }
        }
    }

    private static void TryDeleteDirectory(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The directory is unused; the next rendering deletes it.
        }
    }
}
