namespace Lab.Containers;

internal sealed record ExecResult(int ExitCode, string Output);
