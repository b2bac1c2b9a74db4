using System.Globalization;
using ConfigReloader.Rendering;

namespace ConfigReloader.Tests.Support;

/// <summary>A ConfigMap volume as a kubelet keeps it: <c>key -> ..data/key</c>, and <c>..data</c> renamed over the old one.</summary>
internal sealed class ConfigMapVolume
{
    private int _versions;

    public ConfigMapVolume(string path, params (string Key, string Value)[] data)
    {
        Path = path;
        Directory.CreateDirectory(path);
        Swap(data);
    }

    public string Path { get; }

    /// <summary>One update of the ConfigMap, step by step as the kubelet does it.</summary>
    public void Swap(params (string Key, string Value)[] data)
    {
        var old = new FileInfo(In("..data")).LinkTarget;
        var version = string.Create(CultureInfo.InvariantCulture, $"..2026_11_21_08_00_00.{++_versions:000000000}");
        foreach (var (key, value) in data)
        {
            var file = System.IO.Path.Combine(In(version), key);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
            File.WriteAllText(file, value);
        }

        Directory.CreateDirectory(In(version));
        File.CreateSymbolicLink(In("..data_tmp"), version);
        AtomicRename.ReplacePath(In("..data_tmp"), In("..data"));

        var names = data.Select(d => d.Key.Split('/')[0]).ToHashSet();
        foreach (var name in names.Where(name => new FileInfo(In(name)).LinkTarget is null))
        {
            File.CreateSymbolicLink(In(name), $"..data/{name}");
        }

        foreach (var entry in new DirectoryInfo(Path).EnumerateFileSystemInfos())
        {
            if (!entry.Name.StartsWith("..", StringComparison.Ordinal) && !names.Contains(entry.Name))
            {
                File.Delete(entry.FullName);
            }
        }

        if (old is not null)
        {
            Directory.Delete(In(old), recursive: true);
        }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
