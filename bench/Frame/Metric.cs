namespace Bench.Frame;

/// <summary>One quantity that a run yields.</summary>
/// <param name="Name">What it is, as a table's row shows it.</param>
/// <param name="Unit">Its unit: <c>s</c>, <c>bytes</c>, <c>requests/s</c>.</param>
/// <param name="HigherIsBetter">Whether more is good; of times and memory less is.</param>
internal sealed record Metric(string Name, string Unit, bool HigherIsBetter = false)
{
    public static readonly Metric Elapsed = new("time", "s");

    /// <summary>User and system time of the process and its children.</summary>
    public static readonly Metric Cpu = new("CPU time", "s");

    /// <summary>VmHWM, summed over the processes; pages that they share are counted in each.</summary>
    public static readonly Metric PeakMemory = new("peak memory", "bytes");

    /// <summary>VmRSS when nothing is going on, summed over the processes.</summary>
    public static readonly Metric IdleMemory = new("idle memory", "bytes");
}
