using System.Globalization;

namespace Bench.Harness;

/// <summary>Reads the resource usage of processes from <c>/proc</c>; see proc(5).</summary>
internal static class ProcessAccounting
{
    /// <summary>Clock ticks per second in <c>/proc/PID/stat</c> (USER_HZ): 100 on every Linux that .NET supports.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>The ids of a process and its descendants that are running now.</summary>
    public static IReadOnlyList<int> FindTree(int root)
    {
        var children = new Dictionary<int, List<int>>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            var name = Path.GetFileName(directory);
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && ReadStat(id) is { } stat)
            {
                if (!children.TryGetValue(stat.Parent, out var siblings))
                {
                    children[stat.Parent] = siblings = [];
                }

                siblings.Add(id);
            }
        }

        var tree = new List<int>();
        var pending = new Queue<int>([root]);
        while (pending.TryDequeue(out var id))
        {
            if (ReadStat(id) is not null)
            {
                tree.Add(id);
            }

            foreach (var child in children.GetValueOrDefault(id) ?? [])
            {
                pending.Enqueue(child);
            }
        }

        return tree;
    }

    /// <summary>What a process and its descendants have used so far.</summary>
    public static ProcessUsage MeasureTree(int root)
    {
        var (cpu, resident, peak, count) = (0.0, 0L, 0L, 0);
        foreach (var id in FindTree(root))
        {
            var (own, waitedFor) = ReadCpuSeconds(id);
            var memory = ReadMemory(id);
            (cpu, resident, peak, count) = (cpu + own + waitedFor, resident + memory.Resident, peak + memory.Peak, count + 1);
        }

        return new ProcessUsage(cpu, resident, peak, count);
    }

    /// <summary>CPU seconds of the children of this process that exited and were waited for.</summary>
    public static double ReadExitedChildrenCpu() => ReadCpuSeconds(Environment.ProcessId).Children;

    /// <summary>CPU seconds of a process, and of its children that exited and were waited for; 0 if the process does not exist.</summary>
    public static (double Own, double Children) ReadCpuSeconds(int id) =>
        ReadStat(id) is { } stat ? (stat.Own / TicksPerSecond, stat.Children / TicksPerSecond) : (0, 0);

    /// <summary>VmRSS and VmHWM in bytes; 0 if the process does not exist.</summary>
    public static (long Resident, long Peak) ReadMemory(int id)
    {
        var (resident, peak) = (0L, 0L);
        try
        {
            foreach (var line in File.ReadLines($"/proc/{id}/status"))
            {
                if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
                {
                    resident = ParseKilobytes(line);
                }
                else if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                {
                    peak = ParseKilobytes(line);
                }
            }
        }
        catch (IOException)
        {
            // The process exited between two reads.
        }

        return (resident, peak);
    }

    /// <summary>The command line; empty if the process does not exist.</summary>
    public static IReadOnlyList<string> ReadCommandLine(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").TrimEnd('\0').Split('\0');
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static long ParseKilobytes(string line) =>
        long.Parse(line.AsSpan(line.IndexOf(':') + 1).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;

    private static (int Parent, long Own, long Children)? ReadStat(int id)
    {
        try
        {
            // The name in parentheses may contain any character, so parse after the last parenthesis. The state is field 3.
            var text = File.ReadAllText($"/proc/{id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long ParseField(int number) => long.Parse(fields[number - 3], CultureInfo.InvariantCulture);
            return fields[0] is "Z" or "X" ? null : ((int)ParseField(4), ParseField(14) + ParseField(15), ParseField(16) + ParseField(17));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
