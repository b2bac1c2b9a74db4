namespace Lab.Containers;

internal sealed class ContainerStartException(string reason, string message, bool staysWaiting = false) : Exception(message)
{
    /// <summary>In the API's words, such as <c>ErrImageNeverPull</c> or <c>StartError</c>.</summary>
    public string Reason { get; } = reason;

    /// <summary>The container waits to be tried again (an image, a ConfigMap), rather than to have run and ended.</summary>
    public bool StaysWaiting { get; } = staysWaiting;
}
