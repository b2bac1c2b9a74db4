namespace Bench.Harness;

/// <summary>What a process and all its descendants have used.</summary>
/// <param name="CpuSeconds">User and system time, including descendants that exited and whose parents waited for them.</param>
/// <param name="ResidentBytes">VmRSS, summed over the running processes.</param>
/// <param name="PeakBytes">VmHWM, summed over the running processes.</param>
/// <param name="Processes">The number of running processes.</param>
internal readonly record struct ProcessUsage(double CpuSeconds, long ResidentBytes, long PeakBytes, int Processes);
