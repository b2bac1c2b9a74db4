namespace Lab.Containers;

/// <summary>The result of a command in a container.</summary>
internal sealed record ExecResult(int ExitCode, string Output);
