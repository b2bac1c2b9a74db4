using System.Runtime.InteropServices;

namespace TlsProxy.Tests.Support;

/// <summary>A mounted Secret as the kubelet makes it: files are links through <c>..data</c>, which is renamed over.</summary>
internal sealed class SecretVolume : IDisposable
{
    private int _generation;

    public SecretVolume(Dictionary<string, string> files)
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("secret-").FullName;
        Swap(files);
    }

    public string Directory { get; }

    public void Swap(Dictionary<string, string> files)
    {
        var old = new DirectoryInfo(Path.Combine(Directory, "..data")).LinkTarget;
        var generation = $"..2026_01_01_00_00_{++_generation:D5}";
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, generation));
        foreach (var (name, content) in files)
        {
            File.WriteAllText(Path.Combine(Directory, generation, name), content);
        }

        var next = Path.Combine(Directory, "..data_tmp");
        File.CreateSymbolicLink(next, generation);
        // File.Move follows the link; the kubelet's rename(2) replaces it.
        Assert.Equal(0, Rename(next, Path.Combine(Directory, "..data")));
        foreach (var name in files.Keys)
        {
            var link = Path.Combine(Directory, name);
            if (new FileInfo(link).LinkTarget is null)
            {
                File.CreateSymbolicLink(link, Path.Combine("..data", name));
            }
        }

        if (old is not null)
        {
            System.IO.Directory.Delete(Path.Combine(Directory, old), recursive: true);
        }
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);

    [DllImport("libc", EntryPoint = "rename", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Rename([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);
}
