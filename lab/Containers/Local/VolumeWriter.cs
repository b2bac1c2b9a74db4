using System.Globalization;

namespace Lab.Containers.Local;

/// <summary>
/// Writes the files of a ConfigMap or Secret volume as the kubelet does: into a time-stamped directory that <c>..data</c> points to; the
/// visible names are links through <c>..data</c>. An update writes a new directory and renames a new <c>..data</c> over the old one, so
/// a reader sees either all old files or all new ones.
/// </summary>
internal static class VolumeWriter
{
    private const string Data = "..data";

    public static void WriteFiles(string directory, IReadOnlyDictionary<string, VolumeFile> files, TimeProvider clock)
    {
        Directory.CreateDirectory(directory);
        var data = Path.Combine(directory, Data);
        var old = new FileInfo(data).LinkTarget;
        if (old is not null && IsCurrent(Path.Combine(directory, old), files))
        {
            return;
        }

        // Named as the kubelet does: the time and a random suffix, so that two updates within a second do not collide.
        var name = string.Create(CultureInfo.InvariantCulture, $"..{clock.GetUtcNow():yyyy_MM_dd_HH_mm_ss}.{Random.Shared.Next():D10}");
        var next = Directory.CreateDirectory(Path.Combine(directory, name)).FullName;
        foreach (var (path, file) in files)
        {
            var target = Path.Combine(next, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, file.Content);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(target, (UnixFileMode)(file.Mode & 0b111_111_111) | UnixFileMode.UserRead);
            }
        }

        var temporary = Path.Combine(directory, "..data_tmp");
        File.Delete(temporary);
        File.CreateSymbolicLink(temporary, name);
        Native.ReplacePath(temporary, data);

        var visible = files.Keys.Select(path => path.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var leaf in visible)
        {
            var link = Path.Combine(directory, leaf);
            if (new FileInfo(link).LinkTarget is null)
            {
                File.CreateSymbolicLink(link, $"{Data}/{leaf}");
            }
        }

        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
        {
            if (!entry.Name.StartsWith("..", StringComparison.Ordinal) && !visible.Contains(entry.Name))
            {
                entry.Delete();
            }
        }

        if (old is not null && old != name)
        {
            Directory.Delete(Path.Combine(directory, old), recursive: true);
        }
    }

    private static bool IsCurrent(string directory, IReadOnlyDictionary<string, VolumeFile> files)
    {
        if (!Directory.Exists(directory) || Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Count() != files.Count)
        {
            return false;
        }

        return files.All(file => Path.Combine(directory, file.Key) is var path
            && File.Exists(path)
            && File.ReadAllBytes(path).AsSpan().SequenceEqual(file.Value.Content));
    }
}
