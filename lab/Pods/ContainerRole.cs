namespace Lab.Pods;

internal enum ContainerRole
{
    /// <summary>Runs to its end before the next one starts.</summary>
    Init,

    /// <summary>An init container with restartPolicy Always: starts in order and stays.</summary>
    Sidecar,

    /// <summary>What the Pod is for.</summary>
    Main,
}
