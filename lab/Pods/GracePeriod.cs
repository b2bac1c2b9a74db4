namespace Lab.Pods;

/// <summary>The grace period of a Pod that terminates. There is one for the whole Pod.</summary>
/// <param name="EndsAt">When the containers that are still running are stopped together.</param>
/// <param name="IsZero">No grace: containers are killed without preStop hook and SIGTERM.</param>
internal readonly record struct GracePeriod(TimeSpan EndsAt, bool IsZero);
