using System.Globalization;

namespace Bench.Frame;

/// <summary>Reads <c>/proc</c>; see proc(5).</summary>
internal static class ProcessAccounting
{
    /// <summary>Clock ticks a second in <c>/proc/PID/stat</c>: 100 on every Linux that .NET runs on (USER_HZ).</summary>
    private const double TicksPerSecond = 100;

    /// <summary>The process and its descendants, alive at this moment.</summary>
    public static IReadOnlyList<int> Tree(int root)
    {
        var children = new Dictionary<int, List<int>>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Stat(id) is { } stat)
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
            if (Stat(id) is not null)
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

    /// <summary>What the tree below a process has used up to now.</summary>
    public static ProcessUsage Usage(int root)
    {
        var (cpu, resident, peak, count) = (0.0, 0L, 0L, 0);
        foreach (var id in Tree(root))
        {
            var (own, waitedFor) = Cpu(id);
            var memory = Memory(id);
            (cpu, resident, peak, count) = (cpu + own + waitedFor, resident + memory.Resident, peak + memory.Peak, count + 1);
        }

        return new ProcessUsage(cpu, resident, peak, count);
    }

    /// <summary>CPU seconds of the children of this process that have ended and were waited for.</summary>
    public static double EndedChildrenCpu() => Cpu(Environment.ProcessId).Children;

    /// <summary>CPU seconds of a process, and of its children that have ended and were waited for; 0 of one that is gone.</summary>
    public static (double Own, double Children) Cpu(int id) =>
        Stat(id) is { } stat ? (stat.Own / TicksPerSecond, stat.Children / TicksPerSecond) : (0, 0);

    /// <summary>VmRSS and VmHWM; 0 of a process that is gone.</summary>
    public static (long Resident, long Peak) Memory(int id)
    {
        var (resident, peak) = (0L, 0L);
        try
        {
            foreach (var line in File.ReadLines($"/proc/{id}/status"))
            {
                if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
                {
                    resident = Kilobytes(line);
                }
                else if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                {
                    peak = Kilobytes(line);
                }
            }
        }
        catch (IOException)
        {
            // Ended between two reads.
        }

        return (resident, peak);
    }

    /// <summary>The command line, or empty of a process that is gone.</summary>
    public static IReadOnlyList<string> CommandLine(int id)
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

    private static long Kilobytes(string line) =>
        long.Parse(line.AsSpan(line.IndexOf(':') + 1).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;

    private static (int Parent, long Own, long Children)? Stat(int id)
    {
        try
        {
            // The name in parentheses may hold anything; what follows the last one is regular. The state is field 3.
            var text = File.ReadAllText($"/proc/{id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long Field(int number) => long.Parse(fields[number - 3], CultureInfo.InvariantCulture);
            return fields[0] is "Z" or "X" ? null : ((int)Field(4), Field(14) + Field(15), Field(16) + Field(17));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
