namespace Lab.Pods;

/// <summary>The steps of stopping a container, in order.</summary>
internal enum TerminationStep
{
    /// <summary>Its preStop hook is running.</summary>
    PreStop,

    /// <summary>Other containers must exit first.</summary>
    WaitingForOthers,

    /// <summary>SIGTERM was sent.</summary>
    TermSent,

    /// <summary>SIGKILL was sent.</summary>
    KillSent,
}
