namespace Lab.Pods;

/// <summary>What kind of thing a container waits for.</summary>
internal enum WaitKind
{
    /// <summary>Anything before it has started or become ready.</summary>
    Startup,

    /// <summary>Its preStop hook.</summary>
    PreStopHook,

    /// <summary>Other containers that stop before it.</summary>
    OtherContainers,

    /// <summary>Its process, which was sent SIGTERM or SIGKILL.</summary>
    ProcessExit,
}
