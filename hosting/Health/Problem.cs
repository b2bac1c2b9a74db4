namespace Hosting.Health;

/// <summary>Something that is wrong.</summary>
/// <param name="Area">The part of the process that it concerns.</param>
/// <param name="Since">Since when the area has been in trouble.</param>
/// <param name="At">When it was last seen.</param>
/// <param name="What">What is wrong, where, with which value.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="Cause">The error behind it with its own causes, if there is one.</param>
public sealed record Problem(string Area, DateTimeOffset Since, DateTimeOffset At, string What, string Remedy, string? Cause);
