namespace Bench.Harness;

/// <summary>A quantity that runs measure.</summary>
/// <param name="Name">The row title in the report.</param>
/// <param name="Unit">The unit: <c>s</c>, <c>bytes</c>, <c>requests/s</c>.</param>
/// <param name="HigherIsBetter">True for rates; false for times and memory.</param>
internal sealed record Metric(string Name, string Unit, bool HigherIsBetter = false)
{
    /// <summary>The time from the start to the exit.</summary>
    public static readonly Metric Elapsed = new("time", "s");

    /// <summary>User and system time of the process and its descendants.</summary>
    public static readonly Metric Cpu = new("CPU time", "s");

    /// <summary>VmHWM, summed over the processes; pages that they share are counted in each.</summary>
    public static readonly Metric PeakMemory = new("peak memory", "bytes");

    /// <summary>VmRSS without load, summed over the processes.</summary>
    public static readonly Metric IdleMemory = new("idle memory", "bytes");
}
