namespace Lab.Pods;

/// <summary>The progress of a container's process.</summary>
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
