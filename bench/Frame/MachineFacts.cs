using System.Globalization;
using System.Runtime.InteropServices;

namespace Bench.Frame;

/// <summary>Where the figures come from.</summary>
internal sealed record MachineFacts(
    string Processor, int Cores, long MemoryBytes, string Kernel, string System, string DotNet, string Load, string Commit, DateTimeOffset Date)
{
    public static MachineFacts Take(Repository repository) => new(
        Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        (Field("/proc/meminfo", "MemTotal") is { } total ? long.Parse(total.Split(' ')[0], CultureInfo.InvariantCulture) : 0) * 1024,
        File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        Field("/etc/os-release", "PRETTY_NAME", '=')?.Trim('"') ?? RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3)),
        repository.Commit(),
        TimeProvider.System.GetUtcNow());

    private static string? Field(string file, string name, char separator = ':') => File.Exists(file)
        ? File.ReadLines(file)
            .Select(line => line.Split(separator, 2))
            .Where(parts => parts.Length == 2 && parts[0].Trim() == name)
            .Select(parts => parts[1].Trim())
            .FirstOrDefault()
        : null;
}
