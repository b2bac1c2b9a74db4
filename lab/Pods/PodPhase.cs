namespace Lab.Pods;

internal enum PodPhase
{
    Pending,
    Running,
    Succeeded,
    Failed,
}
