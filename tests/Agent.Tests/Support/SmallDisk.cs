using System.Diagnostics;

namespace Agent.Tests.Support;

/// <summary>A mounted tmpfs of a few kilobytes.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    /// <summary>Whether this process may mount a tmpfs; determined by mounting one.</summary>
    public static bool IsAvailable { get; } = OperatingSystem.IsLinux() && TryMountOnce();

    public string Path { get; }

    public static SmallDisk Mount(string path, string size)
    {
        Directory.CreateDirectory(path);
        Assert.Equal(0, Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", path));
        return new SmallDisk(path);
    }

    /// <summary>Writes a file until no byte is free.</summary>
    public void Fill(string file)
    {
        Assert.StartsWith(Path, file, StringComparison.Ordinal);
        using var ballast = File.OpenHandle(file, FileMode.Create, FileAccess.Write);
        var block = new byte[512];
        try
        {
            for (var offset = 0L; ; offset += block.Length)
            {
                RandomAccess.Write(ballast, block, offset);
            }
        }
        catch (IOException)
        {
            // The disk is full.
        }
    }

    public void Dispose() => Run("umount", "--lazy", Path);

    private static bool TryMountOnce()
    {
        using var directory = new TemporaryDirectory();
        try
        {
            if (Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory.Path) != 0)
            {
                return false;
            }

            return Run("umount", directory.Path) == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
