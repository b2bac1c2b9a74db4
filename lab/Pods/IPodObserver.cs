namespace Lab.Pods;

/// <summary>Receives what happens to a Pod, in order, on the Pod's own task. Implementations must not block.</summary>
internal interface IPodObserver
{
    void OnStatusChanged(PodStatus status);

    void OnEventPublished(PodAction.PublishEvent published);
}
