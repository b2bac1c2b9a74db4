namespace Lab.Pods;

/// <summary>Is told what happens to a Pod, in order, on the Pod's own task: it must not block.</summary>
internal interface IPodObserver
{
    void OnChanged(PodStatus status);

    void OnNotice(PodAction.Notice notice);
}
