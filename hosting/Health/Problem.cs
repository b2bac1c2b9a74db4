namespace Hosting.Health;

/// <summary>A problem of one area.</summary>
/// <param name="Area">The affected part of the process.</param>
/// <param name="Since">When the area stopped working.</param>
/// <param name="At">When the problem was last reported.</param>
/// <param name="What">What does not work, where, and with which value.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="Cause">The underlying error with its inner errors, or null without one.</param>
public sealed record Problem(string Area, DateTimeOffset Since, DateTimeOffset At, string What, string Remedy, string? Cause);
