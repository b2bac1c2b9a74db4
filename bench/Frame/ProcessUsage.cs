namespace Bench.Frame;

/// <summary>What a process and all its descendants have used.</summary>
/// <param name="CpuSeconds">User and system time, that of descendants which have ended and were waited for included.</param>
/// <param name="ResidentBytes">VmRSS of those that live, summed.</param>
/// <param name="PeakBytes">VmHWM of those that live, summed.</param>
/// <param name="Processes">How many live.</param>
internal readonly record struct ProcessUsage(double CpuSeconds, long ResidentBytes, long PeakBytes, int Processes);
