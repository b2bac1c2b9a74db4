namespace Lab.Containers;

/// <summary>A running container.</summary>
internal interface IContainerProcess
{
    /// <summary>The exit code, once it has ended and all of its output is passed on; 128 plus the signal's number when a signal ended it.</summary>
    Task<int> Exit { get; }

    /// <summary>SIGTERM to the container's first process.</summary>
    void Terminate();

    /// <summary>SIGKILL to everything in the container.</summary>
    void Kill();
}
