using System.Net.NetworkInformation;

namespace Bench.Frame;

/// <summary>Something that this machine must have for a run; a case or a contender that misses one is reported as not run.</summary>
/// <param name="Missing">Null if it is there, else a sentence that says what is not.</param>
internal sealed record Need(Func<string?> Missing)
{
    /// <summary>A program on the PATH.</summary>
    public static Need Program(string name) => new(() => FindProgram(name) is null ? $"{name} is not installed" : null);

    /// <summary>A file or directory, below the repository.</summary>
    public static Need Path(Repository repository, string path) => new(() =>
        System.IO.Path.Exists(repository[path]) ? null : $"{path} is not in this tree");

    /// <summary>TCP ports that nothing listens on.</summary>
    public static Need FreePorts(params int[] ports) => new(() =>
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
            .Select(listener => listener.Port).Intersect(ports).Order().ToArray();
        return taken.Length == 0 ? null : $"port {string.Join(", ", taken)} is in use";
    });

    /// <summary>Free space, in bytes, where the directory is.</summary>
    public static Need Space(string directory, long bytes) => new(() =>
        new DriveInfo(directory).AvailableFreeSpace is var free && free >= bytes
            ? null
            : $"{directory} has {free >> 20} MiB free of {bytes >> 20} MiB needed");

    /// <summary>The program's full path, or null.</summary>
    public static string? FindProgram(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin"
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => System.IO.Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
}
