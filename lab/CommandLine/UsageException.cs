namespace Lab.CommandLine;

/// <summary>The lab cannot do what it was asked to. The message says why and what to do; exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
