using System.Globalization;

namespace TestKit;

/// <summary>
/// A mounted ConfigMap or Secret with the kubelet's layout: each key is a link to <c>..data/KEY</c>, and <c>..data</c> is a link
/// to a directory with the current files. An update writes a new directory and atomically replaces <c>..data</c>.
/// </summary>
public sealed class MountedVolume : IDisposable
{
    private static int _version;

    private readonly bool _isTemporary;

    /// <summary>Creates a volume in a temporary directory that is deleted on disposal.</summary>
    public MountedVolume(IReadOnlyDictionary<string, string> files)
        : this(Directory.CreateTempSubdirectory("volume-").FullName)
    {
        _isTemporary = true;
        ReplaceFiles(files);
    }

    /// <summary>Uses an existing volume, or creates an empty one; disposal leaves it in place.</summary>
    public MountedVolume(string path) => Path = Directory.CreateDirectory(path).FullName;

    /// <summary>The mount path.</summary>
    public string Path { get; }

    /// <summary>The path of a key.</summary>
    public string this[string key] => System.IO.Path.Combine(Path, key);

    /// <inheritdoc cref="ReplaceFiles(IReadOnlyDictionary{string, string})"/>
    public void ReplaceFiles(params (string Key, string Content)[] files) =>
        ReplaceFiles(files.ToDictionary(file => file.Key, file => file.Content));

    /// <summary>Updates the volume in the kubelet's order. Keys that are missing from <paramref name="files"/> are removed.</summary>
    public void ReplaceFiles(IReadOnlyDictionary<string, string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var oldVersion = new FileInfo(this["..data"]).LinkTarget;
        var newVersion = string.Create(
            CultureInfo.InvariantCulture, $"..{DateTime.UtcNow:yyyy_MM_dd_HH_mm_ss}.{Interlocked.Increment(ref _version):000000000}");
        Directory.CreateDirectory(this[newVersion]);
        foreach (var (key, content) in files)
        {
            var file = System.IO.Path.Combine(this[newVersion], key);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
            File.WriteAllText(file, content);
        }

        File.CreateSymbolicLink(this["..data_tmp"], newVersion);
        AtomicRename.Replace(this["..data_tmp"], this["..data"]);
        ReplaceKeyLinks([.. files.Keys.Select(key => key.Split('/')[0])]);
        if (oldVersion is not null)
        {
            Directory.Delete(this[oldVersion], recursive: true);
        }
    }

    /// <summary>Deletes a temporary volume.</summary>
    public void Dispose()
    {
        if (_isTemporary)
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private void ReplaceKeyLinks(HashSet<string> names)
    {
        foreach (var name in names.Where(name => new FileInfo(this[name]).LinkTarget is null))
        {
            File.CreateSymbolicLink(this[name], $"..data/{name}");
        }

        foreach (var entry in new DirectoryInfo(Path).EnumerateFileSystemInfos())
        {
            if (!entry.Name.StartsWith("..", StringComparison.Ordinal) && !names.Contains(entry.Name))
            {
                File.Delete(entry.FullName);
            }
        }
    }
}
