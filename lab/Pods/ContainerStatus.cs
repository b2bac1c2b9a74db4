namespace Lab.Pods;

/// <summary>The status of one container, as the API shows it.</summary>
/// <param name="Name">Its name in the Pod.</param>
/// <param name="Image">As written in the manifest.</param>
/// <param name="Role">Init, sidecar or main.</param>
/// <param name="State">Its current state.</param>
/// <param name="LastTermination">How the previous run ended.</param>
/// <param name="RestartCount">Number of restarts.</param>
/// <param name="Started">Past its startup probe and postStart hook.</param>
/// <param name="Ready">Counts in the READY column.</param>
/// <param name="WaitsFor">What must happen before it continues, for people; null if nothing.</param>
internal sealed record ContainerStatus(
    string Name,
    string Image,
    ContainerRole Role,
    ContainerState State,
    ContainerState.Terminated? LastTermination,
    int RestartCount,
    bool Started,
    bool Ready,
    WaitReason? WaitsFor);
