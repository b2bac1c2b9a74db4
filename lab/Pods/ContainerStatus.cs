namespace Lab.Pods;

/// <summary>One container as the API shows it.</summary>
/// <param name="Name">Its name in the Pod.</param>
/// <param name="Image">As the manifest says it.</param>
/// <param name="Role">Init, sidecar or main.</param>
/// <param name="State">What it is doing.</param>
/// <param name="LastTermination">How its run before this one ended.</param>
/// <param name="RestartCount">How often it was started again.</param>
/// <param name="Started">Past its startup probe and postStart hook.</param>
/// <param name="Ready">Counts in the READY column.</param>
/// <param name="WaitsFor">What has to happen before it moves on, for a person; null when nothing has to.</param>
internal sealed record ContainerStatus(
    string Name,
    string Image,
    ContainerRole Role,
    ContainerState State,
    ContainerState.Terminated? LastTermination,
    int RestartCount,
    bool Started,
    bool Ready,
    string? WaitsFor);
