namespace Lab.Pods;

/// <summary>How far a container's process has come.</summary>
internal enum ContainerStep
{
    /// <summary>No process: never started, or exited.</summary>
    Stopped,

    /// <summary>A start was requested, and its result is not known yet.</summary>
    Starting,

    /// <summary>The process and its postStart hook are running.</summary>
    PostStart,

    /// <summary>The process is running.</summary>
    Running,
}
