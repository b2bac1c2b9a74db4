using System.Globalization;
using System.Runtime.InteropServices;

namespace Bench.Harness;

/// <summary>The machine and the commit that the figures come from.</summary>
internal sealed record MachineFacts(
    string Processor,
    int Cores,
    long MemoryBytes,
    string Kernel,
    string System,
    string DotNet,
    string Load,
    string Commit,
    DateTimeOffset Date)
{
    /// <summary>Reads the facts from <c>/proc</c> and Git.</summary>
    public static async Task<MachineFacts> CollectAsync(CancellationToken cancellationToken) => new(
        FindField("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        (FindField("/proc/meminfo", "MemTotal") is { } total ? long.Parse(total.Split(' ')[0], CultureInfo.InvariantCulture) : 0) * 1024,
        (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", cancellationToken)).Trim(),
        FindField("/etc/os-release", "PRETTY_NAME", '=')?.Trim('"') ?? RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        string.Join(' ', (await File.ReadAllTextAsync("/proc/loadavg", cancellationToken)).Split(' ').Take(3)),
        await GitCommit.DescribeAsync(cancellationToken),
        TimeProvider.System.GetUtcNow());

    private static string? FindField(string file, string name, char separator = ':') => File.Exists(file)
        ? File.ReadLines(file)
            .Select(line => line.Split(separator, 2))
            .Where(parts => parts.Length == 2 && parts[0].Trim() == name)
            .Select(parts => parts[1].Trim())
            .FirstOrDefault()
        : null;
}
