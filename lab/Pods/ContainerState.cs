namespace Lab.Pods;

/// <summary>The state of a container, with the three cases of the Kubernetes API.</summary>
internal abstract record ContainerState
{
    internal sealed record Waiting(string Reason, string Message = "") : ContainerState;

    internal sealed record Running(DateTimeOffset StartedAt) : ContainerState;

    internal sealed record Terminated(int ExitCode, string Reason, string Message, DateTimeOffset StartedAt, DateTimeOffset FinishedAt)
        : ContainerState;
}
