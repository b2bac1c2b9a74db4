namespace Lab.Pods;

internal enum ContainerRole
{
    /// <summary>Runs to completion before the next container starts.</summary>
    Init,

    /// <summary>An init container with restartPolicy Always: starts in order and keeps running.</summary>
    Sidecar,

    /// <summary>A main container of the Pod.</summary>
    Main,
}
