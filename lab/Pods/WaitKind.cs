namespace Lab.Pods;

/// <summary>The kinds of things that a container waits for.</summary>
internal enum WaitKind
{
    /// <summary>Something that must happen before it has started or become ready.</summary>
    Startup,

    /// <summary>Its preStop hook.</summary>
    PreStopHook,

    /// <summary>Other containers that stop before it.</summary>
    OtherContainers,

    /// <summary>Its process, which was sent SIGTERM or SIGKILL.</summary>
    ProcessExit,
}
