namespace Lab.Containers;

/// <summary>A running container.</summary>
internal interface IContainerProcess
{
    /// <summary>
    /// The exit code, once the container has exited and all of its output was written. 128 plus the signal number if a signal
    /// terminated it.
    /// </summary>
    Task<int> Exit { get; }

    /// <summary>Sends SIGTERM to the first process of the container.</summary>
    void SendTerm();

    /// <summary>Sends SIGKILL to all processes of the container.</summary>
    void SendKill();
}
