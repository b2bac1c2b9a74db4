using System.Net.NetworkInformation;

namespace Bench.Harness;

/// <summary>Something that the machine must provide; a case or a contender without it is reported as not run.</summary>
/// <param name="FindMissing">Returns null if it is present, else a sentence about what is missing.</param>
internal sealed record Requirement(Func<string?> FindMissing)
{
    /// <summary>A program on the PATH.</summary>
    public static Requirement ForProgram(string name) => new(() => FindProgram(name) is null ? $"{name} is not installed" : null);

    /// <summary>A file or a directory in the repository.</summary>
    public static Requirement ForPath(string path) =>
        new(() => Path.Exists(Repository.PathOf(path)) ? null : $"{path} is not in the repository");

    /// <summary>TCP ports on which no process listens.</summary>
    public static Requirement ForFreePorts(params int[] ports) => new(() =>
    {
        var used = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners()
            .Select(listener => listener.Port).Intersect(ports).Order().ToArray();
        return used.Length == 0 ? null : $"port {string.Join(", ", used)} is in use";
    });

    /// <summary>Free disk space in a directory, in bytes.</summary>
    public static Requirement ForDiskSpace(string directory, long bytes) => new(() =>
        new DriveInfo(directory).AvailableFreeSpace is var free && free >= bytes
            ? null
            : $"{directory} has {free >> 20} MiB free, {bytes >> 20} MiB are required");

    /// <summary>The first requirement that is not met, as a sentence; null if all are met.</summary>
    public static string? FindFirstMissing(IEnumerable<Requirement> requirements) =>
        requirements.Select(requirement => requirement.FindMissing()).FirstOrDefault(missing => missing is not null);

    /// <summary>The full path of a program; null if it is not installed.</summary>
    public static string? FindProgram(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin"
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
}
