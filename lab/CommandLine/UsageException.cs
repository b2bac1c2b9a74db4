namespace Lab.CommandLine;

/// <summary>The lab cannot run. The message says why and what to do; the exit code is 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
